/** The request header that carries the second half of a session. */
export const KEY_HEADER = 'temoin-key';
