import type { Question } from '../ask.ts';
import { isolationChoices } from '../isolation-choices.ts';
import { databaseQuestions, type DatabaseFlags } from './database-questions.ts';

/** What flags and arguments of `tenant create` said; undefined where they did not. */
export interface GivenTenant extends DatabaseFlags {
  readonly slug?: string | undefined;
  readonly name?: string | undefined;
  readonly isolation?: string | undefined;
  readonly pool?: string | undefined;
  readonly cluster?: string | undefined;
  readonly domain?: string | undefined;
  readonly plan?: string | undefined;
  readonly migrate?: boolean | undefined;
}

/** Says why a slug does not fit, and which one would; undefined for a slug that fits. */
export type CheckSlug = (slug: string) => string | undefined;

/**
 * What is still to ask, in the order it is asked. Under `--yes` only what the command cannot do without; else everything that no flag
 * said, and at the end whether to create it.
 */
export function listQuestions(
  given: GivenTenant,
  isYes: boolean,
  checkSlug: CheckSlug,
): Question[] {
  const questions = [...requiredQuestions(checkSlug), ...optionalQuestions(given)];
  const open = questions.filter(
    (question) => given[question.name as keyof GivenTenant] === undefined,
  );
  if (isYes) {
    return open.filter((question) => question.isRequired && question.isAsked?.({}) !== false);
  }
  return [...open, confirmation];
}

function requiredQuestions(checkSlug: CheckSlug): Question[] {
  return [
    {
      kind: 'text',
      name: 'slug',
      flag: 'SLUG (first argument)',
      message: 'Slug (what you type and what the host starts with)',
      isRequired: true,
      validate: checkSlug,
    },
    {
      kind: 'text',
      name: 'name',
      flag: '--name NAME',
      message: 'Display name',
      isRequired: true,
    },
  ];
}

function optionalQuestions(given: GivenTenant): Question[] {
  return [
    {
      kind: 'select',
      name: 'isolation',
      flag: '--isolation TYPE',
      message: 'Isolation',
      isRequired: false,
      choices: Object.entries(isolationChoices).map(([value, { tradeOff }]) => ({
        value,
        hint: tradeOff,
      })),
    },
    {
      kind: 'text',
      name: 'pool',
      flag: '--pool POOL',
      message: 'Pool whose tables it shares (Enter: main)',
      isRequired: false,
      isAsked: ({ isolation }) => (given.isolation ?? isolation) === 'table',
    },
    ...databaseQuestions(given),
    {
      kind: 'text',
      name: 'domain',
      flag: '--domain HOST',
      message: 'Domain (Enter: the slug under the base domain)',
      isRequired: false,
    },
    {
      kind: 'text',
      name: 'plan',
      flag: '--plan PLAN',
      message: 'Plan (Enter: none)',
      isRequired: false,
    },
    {
      kind: 'confirm',
      name: 'migrate',
      flag: '--no-migrate',
      message: 'Run migrations now?',
      isRequired: false,
      isAsked: ({ isolation }) => (given.isolation ?? isolation) !== 'cache',
      initialValue: true,
    },
  ];
}

const confirmation: Question = {
  kind: 'confirm',
  name: 'isConfirmed',
  flag: '--yes',
  message: 'Create it?',
  isRequired: true,
  initialValue: true,
};
