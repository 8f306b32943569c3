// express-pouchdb on its own store (leveldb, which never waits for the disk), with no more of CouchDB than PouchDB needs.
import express from 'express';
import expressPouchDB from 'express-pouchdb';
import PouchDB from 'pouchdb';

const app = express();
app.use('/db', expressPouchDB(PouchDB.defaults({ prefix: `${process.env.DATA}/` }), { mode: 'minimumForPouchDB' }));
app.get('/', (_, response) => void response.end('<!doctype html><title>pouch</title>'));
app.listen(Number(process.env.PORT), '127.0.0.1');
