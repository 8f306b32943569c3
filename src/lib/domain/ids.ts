import * as z from 'zod/mini';

/** Ids are opaque, printable and short, so that they can stand in keys, paths and logs. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/;
export const Id = z.string().check(z.regex(ID));
/** An id minted once, at random, where the change was written: the key that makes repeats harmless. */
export const ChangeId = z.uuid();
/** A day, `2014-03-18`. */
export const Day = z.iso.date();
export const Instant = z.iso.datetime();
