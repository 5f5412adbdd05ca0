insert into category (name) values ('general'), ('sport'), ('music');
insert into question (text, published_at, status, category_id)
  select 'Question ' || g, timestamptz '2024-01-01 00:00+00' + g * interval '1 day', 'draft', (select min(id) from category)
  from generate_series(1, 20) g;
insert into choice (question_id, text, votes) select q.id, 'Choice ' || c, 0 from question q, generate_series(1, 3) c;
update question set status = 'published' where published_at < timestamptz '2024-01-11 00:00+00';
