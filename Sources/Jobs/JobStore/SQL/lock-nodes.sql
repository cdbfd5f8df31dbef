-- Locks nodes in the order of their ids. $1: ids.
SELECT {node_columns} FROM scheduler_nodes n WHERE n.id = ANY ($1::bigint[])
ORDER BY n.id FOR NO KEY UPDATE
