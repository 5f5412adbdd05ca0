import type { Generated, GeneratedAlways } from 'kysely';

/** The tables of scope `tenant`: each tenant has its own. */
export interface PollsTenantTables {
  poll: {
    id: GeneratedAlways<bigint>;
    question: string;
    category_id: string | null;
    import_key: string | null;
    created_at: Generated<Date>;
  };
  choice: { id: GeneratedAlways<bigint>; poll_id: bigint; position: number; text: string };
  vote: { id: GeneratedAlways<bigint>; choice_id: bigint; created_at: Generated<Date> };
}

/** The tables of scope `shared`: one set that every tenant reads. */
export interface PollsSharedTables {
  category: { id: string; name: string };
}

/** The tables of scope `site`: the operator's own. */
export interface PollsSiteTables {
  page: { path: string; title: string; body: string; updated_at: Generated<Date> };
}
