/**
 * Traditional characters and their simplified forms, as far as this field's vocabulary needs them, so that 蒸餾 finds
 * 蒸馏. One to one by character; words that Taiwan and the mainland choose differently are not its business.
 */
const pairs =
  "與与兩两個个豐丰為为義义習习亞亚從从價价優优會会傳传偽伪儲储關关衝冲準准減减擊击則则創创刪删別别劇剧務务動动勢势" +
  "勻匀區区華华協协單单佔占歷历壓压參参雙双發发變变疊叠號号後后嗎吗啟启圍围圖图場场壞坏塊块處处復复複复夠够頭头" +
  "寶宝實实寬宽對对導导將将爾尔盡尽層层屬属帶带幫帮並并廣广應应庫库張张歸归當当錄录態态總总慣惯執执擴扩護护報报" +
  "擬拟擇择損损換换據据攝摄數数斷断無无舊旧時时顯显術术機机權权條条來来極极構构標标樹树樣样檔档檢检匯汇沒没測测" +
  "濟济淺浅漸渐溫温滿满濾滤潛潜點点熱热愛爱獨独狀状獻献環环現现電电畫画監监盤盘碼码礎础確确離离種种積积稱称穩稳" +
  "窮穷競竞筆笔簽签簡简類类緊紧約约級级紀纪純纯線线練练組组織织終终紹绍經经結结給给絡络絕绝統统繼继續续維维綜综" +
  "緩缓編编縮缩網网羅罗聯联職职脈脉腦脑節节藝艺薦荐獲获餾馏雖虽見见規规視视覺觉覽览計计認认讓让訓训議议訊讯記记" +
  "許许論论訪访設设評评識识詞词譯译試试該该詳详語语誤误說说讀读調调談谈貢贡質质費费資资踐践轉转輪轮軟软載载較较" +
  "輔辅輸输邊边達达遷迁過过運运還还這这進进遠远連连遲迟適适選选遜逊遞递釋释裡里針针鋪铺銷销錯错鍵键長长門门問问" +
  "間间陣阵階阶險险隨随隱隐難难靜静頁页頂顶項项順顺顧顾預预頻频題题風风饋馈馬马驅驱駐驻驗验騙骗驟骤雲云開开師师" +
  "強强徵征臺台戶户";

const characters = [...pairs];
const table = new Map(
  characters.flatMap((traditional, at) =>
    at % 2 === 0 ? [[traditional, characters[at + 1] ?? traditional] as const] : [],
  ),
);
const anyTraditional = new RegExp(`[${[...table.keys()].join("")}]`, "g");

/** A text with the traditional characters of the table replaced; everything else as it is. */
export function simplified(text: string): string {
  return text.replace(anyTraditional, (character) => table.get(character) ?? character);
}
