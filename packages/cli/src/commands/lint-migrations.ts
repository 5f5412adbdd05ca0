import { join, relative } from 'node:path';
import { lintMigrations as lint } from '@tenantry/migrations';
import type { MigrationRisk } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { loadConfig } from '../load-config.ts';
import { countOf } from '../output/count-of.ts';
import { printList } from '../output/print-list.ts';
import type { Session } from '../session.ts';

const head = ['file', 'line', 'severity', 'rule', 'message', 'advice'];

/** Names what is dangerous in the project's migration files; 3 when something is: `tenantry migrate lint`. No system is needed. */
export async function lintMigrations(session: Session): Promise<ExitCode> {
  const { cwd } = session.context;
  const { root, config } = await loadConfig(cwd);
  const found = await lint({ roots: config.migrations.map((folder) => join(root, folder)) });
  const risks = found.map((risk) => ({
    ...risk,
    file: risk.file === null ? null : relative(cwd, risk.file),
  }));
  if (session.format === 'table') session.print(formatRisks(risks));
  else printList({ name: 'risks', items: risks, head, row: toRow }, session);
  return risks.length === 0 ? exitCodes.ok : exitCodes.difference;
}

/** Sentences are too long for columns: a block for each. */
function formatRisks(risks: readonly MigrationRisk[]): string {
  if (risks.length === 0) return 'Nothing to say against them.';
  const blocks = risks.map(
    ({ file, migration, line, severity, rule, message, advice }) =>
      `${file ?? migration}${line === null ? '' : `:${line}`}  ${severity} ${rule}\n    ${message}\n    do  ${advice}`,
  );
  return [...blocks, countOf(risks.length, 'finding')].join('\n\n');
}

function toRow({
  file,
  migration,
  line,
  severity,
  rule,
  message,
  advice,
}: MigrationRisk): string[] {
  return [file ?? migration, String(line ?? ''), severity, rule, message, advice];
}
