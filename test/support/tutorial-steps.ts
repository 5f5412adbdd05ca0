/** A thing that a reader of a tutorial does, or sees. */
export type TutorialStep =
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'edit'; readonly file: string; readonly old: string; readonly new: string }
  | { readonly kind: 'run'; readonly commands: string }
  | { readonly kind: 'answer'; readonly text: string };

/** The fenced blocks of a tutorial in order. Throws for a block that says neither a file nor anything to run or to see. */
export function parseTutorialSteps(markdown: string): TutorialStep[] {
  const blocks = markdown.matchAll(/^```(\S+) ?(.*)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, language = '', rest = '', text = '']) => {
    const file = /^file=(\S+)$/.exec(rest)?.[1];
    if (file !== undefined && language === 'diff') return { kind: 'edit', file, ...sidesOf(text) };
    if (file !== undefined) return { kind: 'write', file, text };
    if (language === 'sh' && rest === '') return { kind: 'run', commands: text };
    if (rest === 'answer') return { kind: 'answer', text };
    throw new Error(`the tutorial has a block nobody can follow: ${language} ${rest}\n${text}`);
  });
}

/** What a diff without line numbers takes away and what it puts there. */
function sidesOf(diff: string) {
  const side = (without: string) =>
    diff
      .split(/^/m)
      .filter((line) => !line.startsWith(without))
      .map((line) => line.slice(1))
      .join('');
  return { old: side('+'), new: side('-') };
}
