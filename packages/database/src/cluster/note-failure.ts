/** Declares what `noteFailure` fills. */
export const failureVariables = `    v_state pg_catalog.text; v_message pg_catalog.text; v_detail pg_catalog.text; v_hint pg_catalog.text;`;

/** Begins an exception handler of a function that has p_schema and p_owner: what PostgreSQL said, with the missing right where it names none. */
export const noteFailure = `    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
      v_detail = pg_exception_detail, v_hint = pg_exception_hint;
    if v_state = '42501' and v_detail = '' then
      v_detail = tenantry.explain_refusal(p_schema, p_owner, v_message);
    end if;`;
