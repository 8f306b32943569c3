// A bare Node server with a SQLite database open: what a first answer is compared with.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const db = new DatabaseSync(join(process.env.DATA ?? '.', 'bare.sqlite'));
db.exec('pragma journal_mode = wal; create table if not exists t (a)');
createServer((_, response) => response.end('{}')).listen(Number(process.env.PORT), '127.0.0.1');
