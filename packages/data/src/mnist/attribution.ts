import { crc32 } from '../formats/crc32.ts';

/** What a data set says of itself. */
export interface Attribution {
  readonly name: string;
  readonly source?: string;
  readonly citation?: string;
  readonly license?: string;
}

const mnist: Attribution = {
  name: 'mnist',
  source: 'The MNIST database of handwritten digits, made from NIST Special Databases 1 and 3',
  citation:
    'Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document recognition, Proceedings of the IEEE 86(11), 1998',
  license: 'CC BY-SA 3.0, copyright Y. LeCun and C. Cortes',
};

/** CRC-32 of the labels of MNIST, its 60,000 and its 10,000. */
const labelsOfMnist: ReadonlySet<number> = /* @__PURE__ */ new Set([0xba07e8ef, 0xee8604d9]);

/**
 * Other data come in files of the same names (Fashion-MNIST, Kuzushiji-MNIST), so what they are is told by
 * their labels; of unknown ones nothing is claimed.
 */
export const attributionOf = (labels: Uint8Array): Attribution =>
  labelsOfMnist.has(crc32(labels)) ? mnist : { name: 'images' };
