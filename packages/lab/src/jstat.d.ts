// jstat ships no types; these are the two functions used here.
declare module 'jstat' {
  interface StudentT {
    cdf(t: number, degreesOfFreedom: number): number;
    inv(p: number, degreesOfFreedom: number): number;
  }
  const jstat: { readonly jStat: { readonly studentt: StudentT } };
  export default jstat;
}
