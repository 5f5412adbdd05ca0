/** The catalog's id of the cluster that holds the catalog itself. */
export const homeClusterId = 'main';
