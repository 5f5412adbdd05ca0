import type { BenchName, OptionsOf } from './benches.ts';
import { describeBench } from './describe-benches.ts';
import { BenchUsageError, parseOptions } from './parse-options.ts';

/** The options that this process was started with. Ends it where help is asked for, and where it does not understand. */
export function readOptions<Name extends BenchName>(name: Name): OptionsOf<Name> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(describeBench(name));
    process.exit(0);
  }
  try {
    return parseOptions(name, args);
  } catch (error) {
    if (!(error instanceof BenchUsageError)) throw error;
    console.error(`${error.message}\nnpm run bench -- ${name} --help`);
    process.exit(2);
  }
}
