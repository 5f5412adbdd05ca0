create index question_status_idx on question (status, published_at);
