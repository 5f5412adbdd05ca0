insert into page (path, title, body) values
  ('/polls', 'Where polls are', 'This site has no polls of its own: each customer has them at its own host name.');

-- down
delete from page where path = '/polls';
