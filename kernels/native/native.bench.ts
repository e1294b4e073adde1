/**
 * What calling machine code costs: an empty function by every way in which koffi can pass one argument, in interleaved
 * rounds, and what loading code costs. Run: node kernels/native/native.bench.ts
 */
import koffi from "koffi";
import { median } from "../measure/statistics/order.ts";
import { loadCode } from "./executable.ts";
import { addressOf, functionAt } from "./foreign.ts";

const rounds = 40;
const calls = 50_000;

const operands = new Uint8Array(64);
const number = addressOf(operands);
const big = BigInt(number);
const code = loadCode(Uint8Array.of(0xc3)); // ret
const as = (...types: string[]) => koffi.decode(BigInt(code.address), koffi.proto("void", types));
const [none, uint64, int64, uintptr, pointer] = [
  as(),
  as("uint64_t"),
  as("int64_t"),
  as("uintptr_t"),
  as("void *"),
];
const chosen = functionAt(code.address);
const entry = code.entry();

const ways: Readonly<Record<string, () => void>> = {
  "uint64_t, Number (functionAt)": () => chosen(number),
  "entry(), the same with the check of release": () => entry(number),
  "no argument": () => none(),
  "uint64_t, Number": () => uint64(number),
  "uint64_t, BigInt": () => uint64(big),
  "int64_t, Number": () => int64(number),
  "uintptr_t, Number": () => uintptr(number),
  "void *, BigInt": () => pointer(big),
  "void *, typed array": () => pointer(operands),
};

const nanoseconds = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, call] of Object.entries(ways)) {
    const began = performance.now();
    for (let i = 0; i < calls; i++) call();
    const each = ((performance.now() - began) / calls) * 1e6;
    if (round > 0) nanoseconds.get(name)?.push(each); // the first round warms up
  }
}
const [reference = []] = nanoseconds.values();
for (const [name, samples] of nanoseconds) {
  const ratio = median(samples.map((each, round) => each / (reference[round] ?? Number.NaN)));
  console.log(`${name.padEnd(45)} ${median(samples).toFixed(1).padStart(6)} ns ${ratio.toFixed(2)} x`);
}

const began = performance.now();
const loads = 2000;
for (let i = 0; i < loads; i++) loadCode(operands).release();
console.log(
  `loading and releasing 64 bytes of code: ${(((performance.now() - began) / loads) * 1e3).toFixed(1)} us`,
);
