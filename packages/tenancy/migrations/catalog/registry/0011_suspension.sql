-- Why a tenant is suspended, who said so, and how far the workflow has come that shuts it out or lets it in again.
alter table tenants add column suspension jsonb;

-- down
alter table tenants drop column suspension;
