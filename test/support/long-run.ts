// biome-ignore-all lint/suspicious/noUndeclaredEnvVars: read by tests alone, which turbo does not run
/**
 * @module
 * How long the fuzz and the soak run: briefly in `npm test`, as long as they are told by `npm run fuzz` and
 * `npm run soak`. A seed that found something finds it again.
 */
const SEED = 20_260_901;
const { env } = process;

export const FUZZ = {
  requests: Number(env.FUZZ_REQUESTS ?? 1_200),
  seed: Number(env.FUZZ_SEED ?? SEED),
};
export const SOAK = {
  signIns: Number(env.SOAK_SIGN_INS ?? 150),
  /** Real ones, beside the two instances of the test's own process. */
  processes: Number(env.SOAK_PROCESSES ?? 0),
  seed: Number(env.SOAK_SEED ?? SEED),
};
