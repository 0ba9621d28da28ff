/** Value types as the binary format numbers them. */
export const valueTypes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

/** A type of locals, parameters and results. */
export type ValueType = keyof typeof valueTypes;

/**
 * Instructions without immediates, a line for each run of them: the number of the first one, with its
 * prefix in the bits above 16, their type, and their names.
 */
const table = `0x00  unreachable
0x0f  return
0x1a  drop select
0x45 i32. eqz
0x46 i32. eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u
0x50 i64. eqz
0x51 i64. eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u
0x5b f32. eq ne lt gt le ge
0x61 f64. eq ne lt gt le ge
0x67 i32. clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr
0x79 i64. clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr
0x8b f32. abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign
0x99 f64. abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign
0xa7 i32. wrap_i64
0xac i64. extend_i32_s extend_i32_u
0xb2 f32. convert_i32_s convert_i32_u convert_i64_s convert_i64_u demote_f64
0xb7 f64. convert_i32_s convert_i32_u convert_i64_s convert_i64_u promote_f32
0xbc i32. reinterpret_f32
0xbd i64. reinterpret_f64
0xbe f32. reinterpret_i32
0xbf f64. reinterpret_i64
0xfc0000 i32.trunc_sat_ f32_s f32_u f64_s f64_u
0xfc0006 i64.trunc_sat_ f64_s
0xfd000e i8x16. swizzle
0xfd0011 i32x4. splat
0xfd0012 i64x2. splat
0xfd0013 f32x4. splat
0xfd0014 f64x2. splat
0xfd0037 i32x4. eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u
0xfd0041 f32x4. eq ne lt gt le ge
0xfd0047 f64x2. eq ne lt gt le ge
0xfd004d v128. not and andnot or xor bitselect any_true
0xfd005e f32x4. demote_f64x2_zero
0xfd005f f64x2. promote_low_f32x4
0xfd0067 f32x4. ceil floor trunc nearest
0xfd0071 i8x16. sub
0xfd0074 f64x2. ceil floor
0xfd007a f64x2. trunc
0xfd0094 f64x2. nearest
0xfd00a0 i32x4. abs neg
0xfd00a3 i32x4. all_true
0xfd00ab i32x4. shl shr_s shr_u add
0xfd00b1 i32x4. sub
0xfd00b5 i32x4. mul min_s min_u max_s max_u
0xfd00c7 i64x2. extend_low_i32x4_s
0xfd00cb i64x2. shl shr_s shr_u add
0xfd00d1 i64x2. sub
0xfd00d6 i64x2. eq ne
0xfd00e0 f32x4. abs neg
0xfd00e3 f32x4. sqrt add sub mul div min max pmin pmax
0xfd00ec f64x2. abs neg
0xfd00ef f64x2. sqrt add sub mul div min max pmin pmax
0xfd00f8 i32x4.trunc_sat_f32x4_ s u
0xfd00fa f32x4.convert_i32x4_ s u
0xfd00fc i32x4.trunc_sat_f64x2_ s_zero u_zero
0xfd00fe f64x2.convert_low_i32x4_ s u
0xfd0105 f32x4.relaxed_ madd nmadd
0xfd0107 f64x2.relaxed_ madd nmadd`;

type Lines<Text, Found = never> = Text extends `${infer First}\n${infer Rest}`
  ? Lines<Rest, Found | First>
  : Found | Text;

type Words<Text, Found = never> = Text extends `${infer First} ${infer Rest}`
  ? Words<Rest, Found | First>
  : Found | Text;

type NamesOf<Line> = Line extends `${string} ${infer Type} ${infer Names}`
  ? `${Type}${Words<Names> & string}`
  : never;

/** An instruction without immediates. */
export type Instruction = NamesOf<Lines<typeof table>>;

const numbered = (): Record<Instruction, number> => {
  const numbers = table.split('\n').flatMap((line) => {
    const [first, type, ...names] = line.split(' ');
    return names.map((name, k): [string, number] => [`${type}${name}`, Number(first) + k]);
  });
  return Object.fromEntries(numbers) as Record<Instruction, number>;
};

/** The numbers of instructions without immediates. */
export const opcodes: Readonly<Record<Instruction, number>> = /* @__PURE__ */ numbered();

/** Loads and stores: number, and the logarithm of the natural alignment. */
export const memory = {
  'i32.load': [0x28, 2],
  'i64.load': [0x29, 3],
  'f32.load': [0x2a, 2],
  'f64.load': [0x2b, 3],
  'i32.load8_u': [0x2d, 0],
  'i32.store': [0x36, 2],
  'i64.store': [0x37, 3],
  'f32.store': [0x38, 2],
  'f64.store': [0x39, 3],
  'i32.store8': [0x3a, 0],
  'v128.load': [0xfd0000, 4],
  'v128.load8_splat': [0xfd0007, 0],
  'v128.load32_splat': [0xfd0009, 2],
  'v128.load64_splat': [0xfd000a, 3],
  'v128.store': [0xfd000b, 4],
  'v128.load32_zero': [0xfd005c, 2],
  'v128.load64_zero': [0xfd005d, 3],
} as const;

/** Vector instructions that take a lane. */
export const lanes = {
  'i32x4.extract_lane': 0xfd001b,
  'i32x4.replace_lane': 0xfd001c,
  'i64x2.extract_lane': 0xfd001d,
  'i64x2.replace_lane': 0xfd001e,
  'f32x4.extract_lane': 0xfd001f,
  'f32x4.replace_lane': 0xfd0020,
  'f64x2.extract_lane': 0xfd0021,
  'f64x2.replace_lane': 0xfd0022,
} as const;
