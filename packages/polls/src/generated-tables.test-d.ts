import type { Insertable, Selectable, Updateable } from 'kysely';
import { expectTypeOf, test } from 'vitest';
import type { PollsTenantTables } from './index.ts';

type Poll = PollsTenantTables['poll'];

test('columns are read as the dialects hand them over', () => {
  expectTypeOf<Selectable<Poll>>().toExtend<{ id: bigint; question: string; created_at: Date }>();
  expectTypeOf<Selectable<Poll>['import_key']>().toEqualTypeOf<string | null>();
});

test('what PostgreSQL fills in may be left out, and what it alone makes cannot be written', () => {
  expectTypeOf<Insertable<Poll>>().toHaveProperty('question').toEqualTypeOf<string>();
  expectTypeOf<Insertable<Poll>['created_at']>().toEqualTypeOf<Date | undefined>();
  expectTypeOf<Insertable<Poll>>().not.toHaveProperty('id');
  expectTypeOf<Updateable<Poll>>().not.toHaveProperty('id');
});
