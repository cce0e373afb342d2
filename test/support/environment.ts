/** The environment without what an outer npm put there (npm_config_…, npm_lifecycle_…): for programs that run npm. */
export function environmentWithoutNpm(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return Object.fromEntries(kept);
}
