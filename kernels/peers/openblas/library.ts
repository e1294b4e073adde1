/**
 * The system's OpenBLAS: found under its usual names, loaded through koffi, and called with addresses. It decides which
 * kernels to use while it is loaded, by the processor or by OPENBLAS_CORETYPE; core-choice.ts says which is best.
 */
import { isMainThread } from "node:worker_threads";
import { foreign } from "../../native/foreign.ts";
import { PeerUnavailable } from "../unavailable.ts";
import { bindRoutines, type Routines } from "./routines.ts";

export const openBlasId = "openblas";

/** Names by system in the order in which they are tried; on macOS Homebrew's folders, which no search path holds. */
const usualNames: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    "libopenblas.so.0",
    "libopenblas.so",
    "libopenblasp.so.0", // Fedora: p is the build with POSIX threads, o with OpenMP
    "libopenblasp.so",
    "libopenblaso.so.0",
  ],
  darwin: [
    "libopenblas.0.dylib",
    "libopenblas.dylib",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
  ],
  win32: ["libopenblas.dll", "openblas.dll"],
};

const remedies: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux:
    "Install it (Debian, Ubuntu: apt install libopenblas0-pthread), or name its file in KDACCEL_OPENBLAS",
  darwin: "Install it (brew install openblas), or name its file in KDACCEL_OPENBLAS",
};
const anyRemedy = "Name the library's file in KDACCEL_OPENBLAS";

/** Where the library is looked for: the file that KDACCEL_OPENBLAS names and no other, else the usual names. */
export function libraryNames(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): readonly string[] {
  return env.KDACCEL_OPENBLAS ? [env.KDACCEL_OPENBLAS] : (usualNames[platform] ?? usualNames.linux ?? []);
}

/** An OpenBLAS in this process. */
export interface OpenBlas extends Routines {
  /** The name under which it was found. */
  readonly file: string;
  /** What it says of itself: version, options, core type. */
  readonly config: string;
  /** The core type whose kernels it uses. */
  readonly coreType: string;
  threads(): number;
  setThreads(threads: number): void;
}

/** Variables that OpenBLAS reads while it is loaded; what a shell has set for other programs is not to decide here. */
const readByLibrary = /^(OPENBLAS_|GOTO_|OMP_)/;

/** The variables of an environment that would change what OpenBLAS does, by name. */
export function influences(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(env).filter((name) => readByLibrary.test(name));
}

/**
 * The environment in which OpenBLAS is to be loaded: without what it would read, but one thread (more would be started
 * and wait) and the core type, if one is given.
 */
export function quietEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  coreType?: string,
): Record<string, string | undefined> {
  const quiet = Object.fromEntries(Object.entries(env).filter(([name]) => !readByLibrary.test(name)));
  return { ...quiet, OPENBLAS_NUM_THREADS: "1", ...(coreType && { OPENBLAS_CORETYPE: coreType }) };
}

let loaded: { readonly blas: OpenBlas; readonly asked: string | undefined } | undefined;

/**
 * Loads OpenBLAS with a core type, or with the one that it chooses itself, on one thread. A process has one OpenBLAS:
 * the first call decides. A name that the library does not know gives one of its own choice: see `coreType`.
 *
 * @throws PeerUnavailable where there is none, or this process has loaded it for another core type
 */
export function loadOpenBlas(coreType?: string): OpenBlas {
  loaded ??= { blas: load(coreType), asked: coreType };
  if (loaded.asked === coreType) return loaded.blas;
  throw new PeerUnavailable(
    openBlasId,
    `expected core type ${coreType ?? "of its own choice"}, but this process has loaded it as ${loaded.blas.coreType}`,
    "Use it in a process of its own",
  );
}

function load(coreType: string | undefined): OpenBlas {
  if (!isMainThread) {
    const why = "a worker cannot set the variables that it reads while it is loaded";
    throw new PeerUnavailable(openBlasId, why, "Load it on the main thread");
  }
  const names = libraryNames();
  const found = withEnvironment(quietEnvironment(process.env, coreType), () => foreign.library(names));
  if (!found) throw new PeerUnavailable(openBlasId, `no ${names[0]} was found`, remedy());
  const needed = ["openblas_get_config", "openblas_get_corename", "openblas_set_num_threads", "cblas_sgemm"];
  const absent = needed.find((name) => !found.has(name));
  if (absent) throw new PeerUnavailable(openBlasId, `${found.name} has no function ${absent}`, remedy());
  const text = (name: string): string => String(found.function(name, "text", [])());
  const setThreads = found.function("openblas_set_num_threads", "void", ["int32"]);
  const threads = found.function("openblas_get_num_threads", "int32", []);
  setThreads(1);
  return {
    file: found.name,
    config: text("openblas_get_config"),
    coreType: text("openblas_get_corename"),
    threads: () => Number(threads()),
    setThreads: (count) => void setThreads(count),
    ...bindRoutines(found),
  };
}

function remedy(): string {
  if (process.env.KDACCEL_OPENBLAS) return "Correct KDACCEL_OPENBLAS, or unset it";
  return remedies[process.platform] ?? anyRemedy;
}

/** Runs work under another environment; the C library sees it too, because Node hands each change on. */
function withEnvironment<T>(env: Readonly<Record<string, string | undefined>>, work: () => T): T {
  const names = influences({ ...process.env, ...env });
  const before = names.map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const name of names) set(name, env[name]);
  try {
    return work();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}
