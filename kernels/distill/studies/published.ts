/** Figures of others on what the studies compare: as authors claim them, and as others found them with their own code. */
import type { Published } from "../../experiment.ts";

const errors = (accuracies: Readonly<Record<string, number>>): Published["rows"] =>
  Object.entries(accuracies).map(([step, percent]) => ({
    step,
    value: Number((1 - percent / 100).toFixed(4)),
  }));

export const publishedLosses: readonly Published[] = [
  {
    by: "authors",
    title: "Hinton et al. 2015, MNIST",
    source: "arXiv:1503.02531, section 3",
    conditions: "errors of 10,000; two layers of 1,200 units teach two of 800; T = 20",
    metric: "test-error",
    rows: [
      { step: "teacher", value: 0.0067 },
      { step: "plain", value: 0.0146 },
      { step: "kd", value: 0.0074 },
    ],
  },
  {
    by: "authors",
    title: "Zagoruyko & Komodakis 2016, CIFAR-10",
    source: "arXiv:1612.03928, table 1",
    conditions: "WRN-16-2 teaches WRN-16-1; median of five",
    metric: "test-error",
    rows: [{ step: "at", value: 0.0793 }],
  },
  {
    by: "others",
    title: "Attention transfer run anew, CIFAR-10",
    source: "aryamaanthakur/trailmet-distillation (README)",
    conditions: "WRN-16-2 teaches WRN-16-1",
    metric: "test-error",
    rows: errors({ at: 92.04 }),
  },
  {
    by: "authors",
    title: "Zhao et al. 2022, CIFAR-100",
    source: "megvii-research/mdistiller (README), the authors' code of arXiv:2203.08679",
    conditions: "WRN-40-2 teaches WRN-16-2",
    metric: "test-error",
    rows: errors({ dkd: 76.23 }),
  },
  {
    by: "others",
    title: "Tian et al. 2020, CIFAR-100",
    source: "HobbitLong/RepDistiller (README), the authors' code of arXiv:1910.10699",
    conditions: "WRN-40-2 teaches WRN-16-2; methods of others run by the authors of CRD, means of five",
    metric: "test-error",
    rows: errors({
      ...{ teacher: 75.61, plain: 73.26, kd: 74.92, fitnet: 73.58, at: 74.08, sp: 73.83, vid: 74.11 },
      ...{ rkd: 73.35, pkt: 74.54, ft: 73.25, nst: 73.68 },
    }),
  },
];
