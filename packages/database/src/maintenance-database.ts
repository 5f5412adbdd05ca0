/** The database that every server has and that holds nothing of any tenant: others are made and dropped from it, and logins closed. */
export const maintenanceDatabase = 'postgres';
