/**
 * Where the well-known data sets can be had: servers, sizes and digests as data. Sizes and SHA-256 digests are those that
 * TensorFlow Datasets records of its downloads (tensorflow_datasets/url_checksums/, Apache-2.0); every one of them is
 * checked against the file that comes, so a server that has another file is passed over.
 */
import type { Member } from "./unpack.ts";

export interface SourceFile {
  /** Name on the servers and in the folder. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of an archive: what is taken out of it. The archive is not kept. */
  readonly members?: readonly Member[];
}

export interface DataSource {
  readonly name: string;
  /** Where the set is described by its makers. */
  readonly page: string;
  /** Addresses that a file's name is put behind, tried in order. */
  readonly mirrors: readonly string[];
  readonly files: readonly SourceFile[];
}

const file = (name: string, bytes: number, sha256: string, members?: readonly Member[]): SourceFile => ({
  name,
  bytes,
  sha256,
  ...(members && { members }),
});

// 10,000 records of a label and 3072 bytes each.
const cifar10Files = [
  "data_batch_1",
  "data_batch_2",
  "data_batch_3",
  "data_batch_4",
  "data_batch_5",
  "test_batch",
];
const cifar10Members = cifar10Files.map((name) => ({ name: `${name}.bin`, bytes: 10_000 * 3073 }));
const cifar100Members = [
  { name: "train.bin", bytes: 50_000 * 3074 },
  { name: "test.bin", bytes: 10_000 * 3074 },
];

export const dataSources: readonly DataSource[] = [
  {
    name: "mnist",
    page: "http://yann.lecun.com/exdb/mnist/",
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
      "http://yann.lecun.com/exdb/mnist/",
    ],
    files: [
      file(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      ),
      file(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      ),
      file(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      ),
      file(
        "t10k-labels-idx1-ubyte.gz",
        4542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      ),
    ],
  },
  {
    name: "fashion-mnist",
    page: "https://github.com/zalandoresearch/fashion-mnist",
    mirrors: [
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ],
    files: [
      file(
        "train-images-idx3-ubyte.gz",
        26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      ),
      file(
        "train-labels-idx1-ubyte.gz",
        29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      ),
      file(
        "t10k-images-idx3-ubyte.gz",
        4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      ),
      file(
        "t10k-labels-idx1-ubyte.gz",
        5148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      ),
    ],
  },
  {
    name: "cifar-10",
    page: "https://www.cs.toronto.edu/~kriz/cifar.html",
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
    files: [
      file(
        "cifar-10-binary.tar.gz",
        170_052_171,
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        cifar10Members,
      ),
    ],
  },
  {
    name: "cifar-100",
    page: "https://www.cs.toronto.edu/~kriz/cifar.html",
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
    files: [
      file(
        "cifar-100-binary.tar.gz",
        168_513_733,
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        cifar100Members,
      ),
    ],
  },
];
