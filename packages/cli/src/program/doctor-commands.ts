import { Option } from '@commander-js/extra-typings';
import { doctorHelp, isolationHelp } from '../help-texts.ts';
import { collectList } from '../selector-flags.ts';
import type { Root } from './create-root.ts';
import type { Runners } from './runners.ts';

/** Adds `doctor`: how the running system does, and what sets it right. */
export function addDoctor(program: Root, { run }: Runners): void {
  program
    .command('doctor')
    .description('say how the system does: versions, pending work, and the walls of all tenants')
    .option('--now', 'audit the walls now, instead of showing the last audit')
    .option('--repair [codes...]', 'audit now and repair findings of these codes (default: all)')
    .addHelpText('after', doctorHelp)
    .action(async (_, command) => {
      const { doctor } = await import('../doctor/doctor.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => doctor(options, session));
    });
}

/** Adds `isolation`: the proof that the walls of the running system hold. */
export function addIsolation(program: Root, { run }: Runners): void {
  program
    .command('isolation')
    .description('prove that the walls between tenants hold')
    .command('check')
    .description('attack one synthetic tenant with the login of another, and delete both')
    .addOption(
      new Option(
        '--isolation <type,...>',
        'schema, database, table, cache (default: all four)',
      ).argParser(collectList),
    )
    .option('--cluster <name>', 'check this cluster alone (default: all that take tenants)')
    .addHelpText('after', isolationHelp)
    .action(async (_, command) => {
      const { checkIsolation } = await import('../isolation/check-isolation.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => checkIsolation(options, session));
    });
}
