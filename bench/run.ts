import { benches } from './benches.ts';
import { describeBenches } from './describe-benches.ts';

/** Runs a benchmark by its name: `npm run bench -- table --rounds 100`. Without a name it lists all. */
const name = process.argv[2] ?? '--help';
if (Object.hasOwn(benches, name)) {
  // The benchmark finds its own options where it would without this file.
  process.argv.splice(2, 1);
  await import(`./${name}.ts`);
} else if (name === '--help') {
  console.log(describeBenches());
} else {
  console.error(`there is no benchmark "${name}"\nnpm run bench -- --help`);
  process.exitCode = 2;
}
