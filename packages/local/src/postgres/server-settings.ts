/** Whether a server is the one of the whole platform, or one of many on this machine. */
export type ServerSize = 'whole' | 'small';

const sizes: Readonly<Record<ServerSize, Record<string, string>>> = {
  whole: { max_connections: '200', shared_buffers: '32MB' },
  small: { max_connections: '50', shared_buffers: '8MB', autovacuum_max_workers: '1' },
};

/**
 * The server's settings, given on its command line so that they follow this file and not the cluster's age. Small in memory, and
 * no statement text in the log: a failed `create role` would show its password.
 */
export function serverSettings(options: {
  port: number;
  durable: boolean;
  size: ServerSize;
}): Record<string, string> {
  return {
    ...sizes[options.size],
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    superuser_reserved_connections: '5',
    max_wal_size: '256MB',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',
    // Deleting a tenant drops all its tables in one transaction, and each takes a lock.
    max_locks_per_transaction: '256',
    jit: 'off',
    huge_pages: 'off',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_checkpoints: 'off',
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_error_verbosity: 'terse',
    ...(options.durable
      ? { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }
      : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
}
