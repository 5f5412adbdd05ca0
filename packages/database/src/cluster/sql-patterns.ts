/** SQL: the names of what deletes marked rows of a pool's tables, a view and a function for each. */
export const deletionNames = `'^tenantry_delete_[0-9]+$'`;

/** SQL: the texts of statements that change no data; all others may. */
export const schemaStatements = `'^(create|alter|drop|comment)\\s'`;
