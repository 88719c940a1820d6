-- name: write
insert into audit_log (actor, user_id, account_id, action, outcome, detail)
values (%(actor)s, %(user_id)s, %(account_id)s, %(action)s, %(outcome)s, %(detail)s)
