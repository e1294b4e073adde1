/**
 * Prints how fast the layers are: time of a pass, and the bytes that it must read and write at least as a share of what
 * a plain copy moves in the same time. Run: node kernels/nn/layers.bench.ts. Each round runs the copy and every
 * pass once; shown are medians over rounds, ratios taken round by round. Shapes are those of ResNet-50 and BERT-base.
 */
import type { KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { program } from "../codegen/program.ts";
import { nativeAvailability } from "../native/availability.ts";
import { createActivation } from "./activation.ts";
import { createBatchNorm } from "./batch-norm.ts";
import { createLayerNorm } from "./layer-norm.ts";
import { type NamedProgram, type OperationOptions, settingOf } from "./operation.ts";
import { createAveragePool, createMaxPool } from "./pool.ts";
import { adaptiveWindows, slidingWindows } from "./pool-windows.ts";
import { declare } from "./programs/parameters.ts";
import { read, stretchOf, sweep, write } from "./programs/sweep.ts";

const rounds = 31;
const memoryBytes = 2 ** 28;

interface Pass {
  readonly name: string;
  /** Bytes that it must read and write at least. */
  readonly bytes: number;
  run(): void;
}

type Make = (options: OperationOptions, room: (length: number) => number) => readonly Pass[];

/** Parameters `(n, x, y)`: what streaming costs. */
const copy: NamedProgram = {
  name: "copy",
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, { integers: ["n"], pointers: ["x", "y"] });
      sweep(b, stretchOf(b, p.n, type), 4, (span) => write(b, p.y, span, read(p.x, span)));
    }),
};

/** 8 images of 256 channels of 56 x 56 (25 MB), and 16 sentences of 128 words of 768 (6 MB). */
const image = { batch: 8, channels: 256, height: 56, width: 56 };
const words = { rows: 16 * 128, columns: 768 };

const layers: readonly Make[] = [
  (options, room) => {
    const { batch, channels, height, width } = image;
    const length = batch * channels * height * width;
    const layer = createBatchNorm({ ...options, shape: { batch, channels, positions: height * width } });
    const [x, y, gradX] = [room(length), room(length), room(length)];
    const [weight, bias, mean, inverse] = [0, 1, 2, 3].map(() => room(channels)) as [
      number,
      number,
      number,
      number,
    ];
    const shared = { x, weight, mean, inverse, training: true } as const;
    return [
      { name: "batch norm, training", bytes: 8 * length, run: () => layer.forward({ ...shared, bias, y }) },
      {
        name: "batch norm, backward",
        bytes: 12 * length,
        run: () => layer.backward({ ...shared, gradY: y, gradX, gradBias: bias }),
      },
    ];
  },
  (options, room) => {
    const { rows, columns } = words;
    const length = rows * columns;
    const layer = createLayerNorm({ ...options, shape: words });
    const [x, y, gradX] = [room(length), room(length), room(length)];
    const [weight, bias, gradWeight] = [room(columns), room(columns), room(columns)];
    const saved = { mean: room(rows), inverse: room(rows) };
    return [
      { name: "layer norm", bytes: 8 * length, run: () => layer.forward({ ...saved, x, weight, bias, y }) },
      {
        name: "layer norm, backward",
        bytes: 12 * length,
        run: () => layer.backward({ ...saved, x, weight, gradY: y, gradX, gradWeight, gradBias: bias }),
      },
    ];
  },
  ...(["relu", "gelu", "gelu-tanh"] as const).map(
    (activation): Make =>
      (options, room) => {
        const length = words.rows * words.columns;
        const layer = createActivation({ ...options, activation, length });
        const [x, y, gradX] = [room(length), room(length), room(length)];
        return [
          { name: activation, bytes: 8 * length, run: () => layer.forward({ x, y }) },
          {
            name: `${activation}, backward`,
            bytes: 12 * length,
            run: () => layer.backward({ x, gradY: y, gradX }),
          },
        ];
      },
  ),
  (options, room) => {
    const planes = image.batch * 64;
    const size = { height: 112, width: 112 };
    const kernel = { y: 3, x: 3 };
    const windows = slidingWindows(size, { kernel, stride: { y: 2, x: 2 }, padding: { y: 1, x: 1 } });
    const layer = createMaxPool({ ...options, planes, windows });
    const [inputs, outputs] = [planes * 112 * 112, planes * 56 * 56];
    const [x, y, places, gradX] = [room(inputs), room(outputs), room(outputs), room(inputs)];
    return [
      { name: "max pool 3x3 /2", bytes: 4 * (inputs + outputs), run: () => layer.forward({ x, y }) },
      {
        name: "max pool 3x3 /2, places",
        bytes: 4 * (inputs + 2 * outputs),
        run: () => layer.forward({ x, y, places }),
      },
      {
        name: "max pool 3x3 /2, backward",
        bytes: 4 * (inputs + 2 * outputs),
        run: () => layer.backward({ gradY: y, places, gradX }),
      },
    ];
  },
  (options, room) => {
    const planes = image.batch * 2048;
    const windows = adaptiveWindows({ height: 7, width: 7 }, { rows: 1, columns: 1 });
    const layer = createAveragePool({ ...options, planes, windows });
    const [x, y] = [room(planes * 49), room(planes)];
    return [{ name: "average pool 7x7, global", bytes: 4 * 50 * planes, run: () => layer.forward({ x, y }) }];
  },
];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

function seconds(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

function measure(target: KernelTarget, make: Make): void {
  const memory = new Memory(memoryBytes);
  const room = (length: number): number => {
    const { view, address } = memory.allocate("f32", length);
    view.forEach((_, i) => {
      view[i] = Math.sin(i);
    });
    return address;
  };
  const options = { target, memory };
  const passes = make(options, room);
  const longest = Math.max(...passes.map(({ bytes }) => bytes)) / 8;
  const [from, to] = [room(longest), room(longest)];
  const stream = settingOf(options).kernel(copy);
  const samples = passes.map((): { seconds: number; share: number }[] => []);
  for (const pass of passes) for (let call = 0; call < 3; call++) pass.run();
  // WebAssembly is compiled again, for speed, beside the program: on a busy machine that takes a while.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  for (let round = -3; round < rounds; round++)
    for (const [i, pass] of passes.entries()) {
      const elements = pass.bytes / 8;
      const copied = seconds(() => stream(elements, from, to));
      const spent = seconds(() => pass.run());
      if (round >= 0) samples[i]?.push({ seconds: spent, share: copied / spent });
    }
  for (const [i, { name, bytes }] of passes.entries()) {
    const each = samples[i] ?? [];
    const time = median(each.map((sample) => sample.seconds));
    const share = median(each.map((sample) => sample.share));
    const figures = [`${(time * 1e3).toFixed(2)} ms`, `${(bytes / time / 1e9).toFixed(1)} GB/s`];
    process.stdout.write(
      `${name.padEnd(28)} ${target.padEnd(7)} ${figures.map((figure) => figure.padStart(10)).join(" ")}  ${(100 * share).toFixed(0)} % of a copy\n`,
    );
  }
}

for (const make of layers)
  for (const target of nativeAvailability().available ? (["wasm", "native"] as const) : (["wasm"] as const))
    measure(target, make);
