import { places, type Place } from './arena.ts';
import { titleOf, type Attack, type AttackGroup } from './attacks/attack.ts';
import { limits } from './attacks/limits.ts';
import { endingOf } from './judge-attack.ts';
import type { Measured, Outcome } from './measure-attack.ts';

const begin = '<!-- matrix: begin -->';
const end = '<!-- matrix: end -->';

/** The document with its table replaced by what was measured. Throws when the marks around the table are missing. */
export function replaceMatrix(
  document: string,
  groups: readonly AttackGroup[],
  measured: ReadonlyMap<Attack, Measured>,
): string {
  const start = document.indexOf(begin);
  const stop = document.indexOf(end);
  if (start === -1 || stop === -1) throw new Error(`no ${begin} or no ${end}`);
  const tables = groups.map((group) => toTable(group, measured)).join('\n\n');
  return `${document.slice(0, start)}${begin}\n\n${tables}\n\n${toList()}\n\n${document.slice(stop)}`;
}

function toTable({ kind, attacks }: AttackGroup, measured: ReadonlyMap<Attack, Measured>): string {
  const rows = attacks.map((attack) => {
    const row = measured.get(attack);
    const cells = places.map((place) => (row === undefined ? '–' : toCell(attack, place, row)));
    return `| ${[toCode(titleOf(attack)), ...cells].join(' | ')} |`;
  });
  return [
    `### ${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`,
    '',
    `| attack | ${places.join(' | ')} |`,
    `| --- |${' --- |'.repeat(places.length)}`,
    ...rows,
  ].join('\n');
}

function toCell(attack: Attack, place: Place, measured: Measured): string {
  const byWay = measured.get(place);
  if (byWay === undefined) return '–';
  const pg = toText(byWay.pg, attack, place);
  if (byWay['data-api'].length === 0) return pg;
  const dataApi = toText(byWay['data-api'], attack, place);
  return dataApi === pg ? pg : `Data API: ${dataApi}; pg: ${pg}`;
}

function toText(outcomes: readonly Outcome[], attack: Attack, place: Place): string {
  const ending = endingOf(attack, place);
  const ran = ending in limits ? `listed: ${ending}` : ending;
  return outcomes.map((outcome) => (outcome === 'ran' ? ran : outcome)).join(', ');
}

function toList(): string {
  const items = Object.entries(limits).map(([id, text]) => `- **${id}**: ${text}`);
  return ['### Listed limits', '', ...items].join('\n');
}

function toCode(text: string): string {
  return `\`${text.replaceAll('|', String.raw`\|`)}\``;
}
