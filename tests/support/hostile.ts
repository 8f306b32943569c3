/** One hostile text. Run as code, it says its number to `globalThis.__ran`, or asks the server for `/canary/<number>`. */
export type Payload = { n: number; text: string };

type Family = (make: (build: (call: string, n: number) => string) => void) => void;

/** The ways of being noticed, taken in turn: no quote of either kind, no space, so that each fits wherever code stands. */
const CALLS: ((n: number) => string)[] = [
	(n) => `__ran(${n})`,
	(n) => `globalThis.__ran(${n})`,
	(n) => `self[\`__ran\`](${n})`,
	(n) => `top.__ran(${n})`,
	(n) => `fetch(\`/canary/${n}\`)`,
	(n) => `new(Image)().src=\`/canary/${n}\``,
	(n) => `navigator.sendBeacon(\`/canary/${n}\`)`,
	(n) => `import(\`/canary/${n}\`)`,
	(n) => `Function(\`__ran(${n})\`)()`,
	(n) => `setTimeout(\`__ran(${n})\`)`,
	(n) => `[${n}].map(__ran)`,
	(n) => `Reflect.apply(__ran,0,[${n}])`
];

const entities = (text: string, print: (code: number) => string) =>
	[...text].map((letter) => print(letter.codePointAt(0)!)).join('');
const decimal = (text: string) => entities(text, (code) => `&#${code};`);
const hex = (text: string) => entities(text, (code) => `&#x${code.toString(16)};`);
const loose = (text: string) => entities(text, (code) => `&#${String(code).padStart(7, '0')}`);
const percent = (text: string) => entities(text, (code) => `%${code.toString(16).padStart(2, '0')}`);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const mixed = (text: string) => [...text].map((c, i) => (i % 2 ? c.toUpperCase() : c.toLowerCase())).join('');

/** What runs by itself, or at the first touch: an opening, the event, what follows. */
const HANDLERS: [open: string, event: string, after: string][] = [
	['img src=x', 'onerror', '>'],
	['img src=data:,', 'onerror', '>'],
	['svg', 'onload', '>'],
	['body', 'onload', '>'],
	['body', 'onpageshow', '>'],
	['video src=x', 'onerror', '></video>'],
	['audio src=x', 'onerror', '></audio>'],
	['video', 'onloadstart', '><source src=x></video>'],
	['input autofocus', 'onfocus', '>'],
	['select autofocus', 'onfocus', '></select>'],
	['textarea autofocus', 'onfocus', '></textarea>'],
	['details open', 'ontoggle', '><summary>a</summary></details>'],
	['marquee', 'onstart', '>a</marquee>'],
	['iframe', 'onload', '></iframe>'],
	['object data=x', 'onerror', '></object>'],
	['link rel=stylesheet href=data:text/css,', 'onload', '>'],
	['script src=x', 'onerror', '></script>'],
	['style', 'onload', '>a{}</style>'],
	['p style=animation:look-in 1s', 'onanimationstart', '>a</p>'],
	['a href=# tabindex=0 autofocus', 'onfocus', '>a</a>'],
	['div contenteditable autofocus', 'onfocusin', '>a</div>'],
	['button', 'onclick', '>a</button>'],
	['b', 'onpointerover', '>a</b>'],
	['form', 'onsubmit', '><input type=submit></form>']
];

/** The same handler, written in every way that HTML reads alike. */
const WRITTEN: ((open: string, event: string, code: string, after: string) => string)[] = [
	(open, event, code, after) => `<${open} ${event}="${code}"${after}`,
	(open, event, code, after) => `<${open} ${event}='${code}'${after}`,
	(open, event, code, after) => `<${open} ${mixed(event)}=${code.replaceAll(' ', '')} ${after}`,
	(open, event, code, after) =>
		`<${mixed(open.split(' ')[0]!)}${open.slice(open.split(' ')[0]!.length)} ${event}="${decimal(code)}"${after}`,
	(open, event, code, after) => `<${open}\t${event}\n=\r\n"${hex(code)}"${after}`,
	(open, event, code, after) => `<${open}\f${event}=${loose(code)} ${after}`,
	(open, event, code, after) => `"><${open} ${event}="eval(atob('${base64(code)}'))"${after}`,
	(open, event, code, after) => `'/><${open} x="><" ${event}='eval(decodeURIComponent(\`${percent(code)}\`))'${after}`
];

const handlers: Family = (make) => {
	for (const [open, event, after] of HANDLERS)
		for (const write of WRITTEN) make((call) => write(open, event, call, after));
};

/** Out of wherever the text may stand, then in. */
const WAYS_OUT = [
	'</script>',
	'</title>',
	'</textarea>',
	'</style>',
	'</select>',
	'</option></select>',
	'</noscript>',
	'</template>',
	'</xmp>',
	'</noembed>',
	'</iframe>',
	'</svg>',
	'</math>',
	'</button></form>',
	'</p></blockquote></figure>',
	'-->',
	'--!>',
	']]>',
	'`>',
	'"\'>',
	'?>',
	'\\"><!--',
	'</ScRiPt\t/x>',
	'</title\n>'
];
const breakouts: Family = (make) => {
	for (const out of WAYS_OUT) {
		make((call) => `${out}<script>${call}</script>`);
		make((call) => `${out}<img src=x onerror="${call}">`);
		make((call) => `${out}<svg/onload=${call}>`);
		make((call) => `${out}<iframe srcdoc="<script>${call}</script>"></iframe>`);
	}
};

const SCHEMES = [
	'javascript:',
	'JaVaScRiPt:',
	'java\tscript:',
	'java\nscript:',
	'java\rscript:',
	'\u0001javascript:',
	'&#106;avascript:',
	'&#x6A&#x61&#x76&#x61script:',
	'javascript&colon;',
	'java&Tab;script:',
	'java&NewLine;script:',
	'javascript://%0a',
	'javascript:/*--></title></style>*/',
	'vbscript:'
];
const addresses: Family = (make) => {
	for (const scheme of SCHEMES) {
		make((call) => `${scheme}${call}`);
		make((call) => `<a href="${scheme}${call}">a</a>`);
		make((call) => `<iframe src="${scheme}${call}"></iframe>`);
		make((call) => `<form action="${scheme}${call}"><button>a</button></form>`);
		make((call) => `<button form=f formaction='${scheme}${call}'>a</button>`);
		make((call) => `<svg><a xlink:href="${scheme}${call}"><text y=9>a</text></a></svg>`);
		make((call) => `[a](${scheme}${call})`);
	}
	for (const type of ['text/html', 'text/html;charset=utf-8', 'image/svg+xml', 'application/xhtml+xml', 'TEXT/HTML'])
		for (const tag of ['iframe src', 'object data', 'embed src', 'a href']) {
			const name = tag.split(' ')[0]!;
			make((call) => `<${tag}="data:${type},${percent(`<script>${call}</script>`)}">a</${name}>`);
			make((call) => `<${tag}="data:${type};base64,${base64(`<script>${call}</script>`)}">a</${name}>`);
		}
};

const templates: Family = (make) => {
	for (const [open, close] of [
		['{{', '}}'],
		['{{{', '}}}'],
		['${', '}'],
		['{', '}'],
		['{@html ', '}'],
		['{@const a=', '}'],
		['{#await ', '}{/await}'],
		['{#key ', '}{/key}'],
		['{%', '%}'],
		['<%=', '%>'],
		['<?=', '?>'],
		['#{', '}'],
		['[[', ']]'],
		['@{', '}'],
		['@(', ')'],
		['$', '$']
	] as const)
		make((call) => `${open}${call}${close}`);
	make((call) => `{{constructor.constructor('${call}')()}}`);
	make((call) => `{{$on.constructor('${call}')()}}`);
	make((call) => `{{[].map.constructor(\`${call}\`)()}}`);
	make((call) => `<p v-html="'<img src=x onerror=${call}>'">`);
	make((call) => `<p x-init="${call}" x-data>`);
	make((call) => `<p hx-on:load="${call}">`);
	make((call) => `<p ng-app ng-csp ng-init="${call}">`);
	make((call) => `<template shadowrootmode=open><img src=x onerror="${call}"></template>`);
};

const styles: Family = (make) => {
	make((_, n) => `<style>@import '/canary/${n}';</style>`);
	make((_, n) => `<style>*{background:url(/canary/${n})!important}</style>`);
	make((_, n) => `<p style="background:url('/canary/${n}')">a</p>`);
	make((_, n) => `"style="background:url(/canary/${n})"x="`);
	make((_, n) => `;background:url(/canary/${n});x:`);
	make((_, n) => `red;}*{list-style:url(/canary/${n})}`);
	make((_, n) => `<link rel=stylesheet href=/canary/${n}>`);
	make((_, n) => `<link rel=preload as=script href=/canary/${n}>`);
	make((_, n) => `<link rel=prefetch href=/canary/${n}>`);
	make((_, n) => `<style>@font-face{font-family:a;src:url(/canary/${n})}*{font-family:a}</style>`);
	make((_, n) => `<svg><style>*{fill:url(/canary/${n}#a)}</style><rect width=9 height=9 /></svg>`);
	make((call) => `<p style="width:expression(${call})">`);
	make((call) => `<p style="-moz-binding:url(data:text/xml,${call})">`);
	make((call) => `<style><!--</style><img src=x onerror="${call}">--></style>`);
	make((call) => `<style>a{content:"</style><img src=x onerror=${call}>"}</style>`);
	make((call) => `<xss style="behavior:url(#${call})">`);
};

/** Harmless as first read, not once written out and read again. */
const mutations: Family = (make) => {
	for (const [open, close] of [
		['<noscript><p title="</noscript>', '">'],
		['<svg></p><style><a title="</style>', '">'],
		['<math><mtext><table><mglyph><style><!--</style>', '-->'],
		['<math><mtext><table><mglyph><style><math title="</style>', '">'],
		['<form><math><mtext></form><form><mglyph><style></math>', ''],
		['<svg><desc><title><a title="</title>', '">'],
		['<svg><foreignObject><p id="</foreignObject>', '">'],
		['<math><annotation-xml encoding=text/html>', '</annotation-xml></math>'],
		['<listing>&lt;/listing>', '</listing>'],
		['<xmp>&lt;/xmp&gt;</xmp>', ''],
		['<template><p title="</template>', '">'],
		['<select><template></select>', '</template>'],
		['<table><td><caption></table>', ''],
		['<p><svg><p><title></svg>', ''],
		['<a/+/OnFoo/+/b=c ', '>'],
		['<![CDATA[><p title="]]>', '">'],
		['<!--><p title="-->', '">'],
		['<!-->', '-->'],
		['<!--->', '-->'],
		['<!-- --!>', '-->'],
		['<!doctype p "><', '">'],
		['<?xml p="?>', '"?>'],
		['</ p="">', '</ >'],
		['<%p "%>', '">']
	] as const)
		make((call) => `${open}<img src=x onerror="${call}">${close}`);
};

const drawings: Family = (make) => {
	make((call) => `<svg><script>${call}</script></svg>`);
	make((call) => `<svg><script>${decimal(call)}</script></svg>`);
	make((call) => `<svg><script><![CDATA[${call}]]></script></svg>`);
	make((call) => `<svg><script xlink:href="data:text/javascript,${call}"/></svg>`);
	make((call) => `<svg><script href="data:text/javascript,${call}"/></svg>`);
	make((call) => `<svg><animate onbegin="${call}" attributeName=x dur=1s></svg>`);
	make((call) => `<svg><set onbegin='${call}' attributeName=x></svg>`);
	make((call) => `<svg><a><set attributeName=href to="javascript:${call}"/><text y=9>a</text></a></svg>`);
	make((call) => `<svg><a><animate attributeName=href values="javascript:${call}"/><text y=9>a</text></a></svg>`);
	make(
		(call) =>
			`<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg' onload='${call}'/>#x"/></svg>`
	);
	make((call) => `<svg><foreignObject><iframe srcdoc="<script>${call}</script>"></iframe></foreignObject></svg>`);
	make((call) => `<svg><image href=x onerror="${call}"/></svg>`);
	make((call) => `<svg><title><img src=x onerror="${call}"></title></svg>`);
	make((call) => `<svg><discard onbegin="${call}"/></svg>`);
	make((_, n) => `<svg><image href="/canary/${n}"/></svg>`);
	make((_, n) => `<svg><use href="/canary/${n}#a"/></svg>`);
	make((call) => `<math href="javascript:${call}">a</math>`);
	make((call) => `<math><maction actiontype="statusline#a" xlink:href="javascript:${call}">a</maction></math>`);
	make((call) => `<math><mi//xlink:href="data:x,${call}"><img src=x onerror="${call}"></mi></math>`);
	make((call) => `<x:script xmlns:x="http://www.w3.org/1999/xhtml">${call}</x:script>`);
};

const documents: Family = (make) => {
	make((call) => `<script>${call}</script>`);
	make((call) => `<script type=module>${call}</script>`);
	make((call) => `<script src="data:text/javascript,${call}"></script>`);
	make((_, n) => `<script src=/canary/${n}></script>`);
	make((_, n) => `<script type=module src=/canary/${n}></script>`);
	make((call) => `<script>import("data:text/javascript,${call.replaceAll('`', '%60')}")</script>`);
	make((call) => `<script type=importmap>{"imports":{"svelte":"data:text/javascript,${call}"}}</script>`);
	make((_, n) => `<script type=speculationrules>{"prefetch":[{"source":"list","urls":["/canary/${n}"]}]}</script>`);
	make((_, n) => `<meta http-equiv=refresh content="0;url=/canary/${n}">`);
	make((call) => `<meta http-equiv=refresh content="0;url=javascript:${call}">`);
	make((call) => `<meta http-equiv=refresh content="0;url=data:text/html,<script>${call}</script>">`);
	make(
		(call) => `<meta http-equiv=Content-Security-Policy content="script-src 'unsafe-inline'"><script>${call}</script>`
	);
	make((_, n) => `<base href="/canary/${n}/"><script src=x></script>`);
	make((call) => `<base href="javascript:/a/-${call}/"><a href=x>a</a>`);
	make((_, n) => `<iframe src=/canary/${n}></iframe>`);
	make((_, n) => `<object data=/canary/${n}></object>`);
	make((_, n) => `<embed src=/canary/${n}>`);
	make((_, n) => `<frameset><frame src=/canary/${n}></frameset>`);
	make((_, n) => `<form id=f action=/canary/${n}><input autofocus onfocus=f.submit()></form>`);
	make((_, n) => `<img src=/canary/${n}>`);
	make((_, n) => `<img srcset="/canary/${n} 1x">`);
	make((_, n) => `<video poster=/canary/${n}></video>`);
	make((_, n) => `<input type=image src=/canary/${n}>`);
	make((_, n) => `<body background=/canary/${n}>`);
	make((_, n) => `<a ping=/canary/${n} href=#>a</a>`);
	make((call) => `<iframe srcdoc="${hex(`<img src=x onerror=${call}>`)}"></iframe>`);
	make((call) => `<iframe sandbox="allow-scripts allow-same-origin" srcdoc='<script>${call}</script>'></iframe>`);
	make((call) => `<button popovertarget=p>a</button><p id=p popover onbeforetoggle="${call}">a</p>`);
	make((call) => `<dialog open><form method=dialog onsubmit="${call}"><button autofocus>a</button></form></dialog>`);
	make((call) => `<img name=getElementById><img id=body><img src=x onerror="${call}">`);
};

const strings: Family = (make) => {
	for (const [before, after] of [
		["';", '//'],
		['";', '//'],
		['`;', '//'],
		["'-", "-'"],
		['"-', '-"'],
		['`-', '-`'],
		["\\';", '//'],
		['\\";', '//'],
		['*/', '/*'],
		['\n', '\n//'],
		['\u2028', '\u2029'],
		['"});', ';({"a":"'],
		['"}];', '//'],
		["'+(", ")+'"],
		['${', '}`'],
		['</script><script>', '//'],
		['<!--<script>', '</script>'],
		['x"onfocus="', '"autofocus="'],
		["x'onfocus='", "'autofocus='"],
		['x onfocus=', ' autofocus'],
		['" onmouseover="', '" x="'],
		['{"__proto__":{"innerHTML":"<img src=x onerror=', '>"}}'],
		['{"constructor":{"prototype":{"srcdoc":"<script>', '</script>"}}}'],
		['__proto__[onerror]=', '']
	] as const)
		make((call) => `a${before}${call}${after}`);
};

/** Letters that look, hide or turn the reading round. */
const letters: Family = (make) => {
	for (const odd of [
		'\u200b',
		'\u200d',
		'\u2060',
		'\ufeff',
		'\u00ad',
		'\u202e',
		'\u2066',
		'\u200f',
		'\u061c',
		'\u0000',
		'\u0008',
		'\u180e'
	]) {
		make((call) => `a${odd}<img src=x onerror="${call}">${odd}b`);
		make((call) => `a<sc${odd}ript>${call}</sc${odd}ript><svg ${odd} onload="${call}">b`);
	}
	make((call) => `＜img src=x onerror="${call}"＞`);
	make((call) => `‹script›${call}‹/script›`);
	make((call) => `<ſcript>${call}</ſcript>`);
	make((call) => `+ADw-script+AD4-${call}+ADw-/script+AD4-`);
	make((call) => `%3Cscript%3E${call}%3C/script%3E`);
	make((call) => `%253Cscript%253E${call}%253C/script%253E`);
	make((call) => `&lt;script&gt;${call}&lt;/script&gt;`);
	make((call) => `&amp;lt;script&amp;gt;${call}&amp;lt;/script&amp;gt;`);
	make((call) => `\\x3cscript\\x3e${call}\\x3c/script\\x3e`);
	make((call) => `\\u003cscript\\u003e${call}\\u003c/script\\u003e`);
};

const polyglots: Family = (make) => {
	make(
		(call) =>
			`jaVasCript:/*-/*\`/*\\\`/*'/*"/**/(/* */oNcliCk=${call} )//%0D%0A//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=${call}//>\\x3e`
	);
	make((call) => `'">--></style></script></title></textarea><svg/onload=${call}>`);
	make((call) => `" onclick=${call}//<button ' onclick=${call}//> */ ${call}//`);
	make((call) => `\`'"<!--*/</noscript></xmp></template><img src=x onerror=${call}>{{${call}}}\${${call}}`);
	make(
		(call) =>
			`javascript:"/*'/*\`/*--></noscript></title></textarea></style></template></noembed></script><html onmouseover=/*&lt;svg/*/${call}//>`
	);
	make((call) => `'-${call}-'"-${call}-"\`-${call}-\`</script><script>${call}</script>`);
};

export const FORMULA = /^[=+\-@\t\r]/;

/** What a spreadsheet would take for a formula. */
const formulas: Family = (make) => {
	for (const starter of ['=', '+', '-', '@', '\t=', '\r=', '=+', '-+', '@=', '\t\t@']) {
		make((_, n) => `${starter}cmd|'/C curl /canary/${n}'!A0`);
		make((_, n) => `${starter}HYPERLINK("/canary/${n}";"a")`);
		make((_, n) => `${starter}WEBSERVICE("/canary/${n}")`);
		make((call) => `${starter}1+1;"<svg onload=${call}>",'`);
	}
};

function build(): Payload[] {
	const payloads: Payload[] = [];
	const seen = new Set<string>();
	const make = (from: (call: string, n: number) => string): void => {
		const n = payloads.length;
		const text = from(CALLS[n % CALLS.length]!(n), n);
		if (seen.has(text)) throw new Error(`twice: ${text}`);
		seen.add(text);
		payloads.push({ n, text });
	};
	for (const family of [
		documents,
		formulas,
		polyglots,
		drawings,
		mutations,
		strings,
		letters,
		styles,
		templates,
		breakouts,
		addresses,
		handlers
	])
		family(make);
	return payloads;
}

export const payloads: readonly Payload[] = build();

/** Words in every text of a value, wherever they stand: `{ fr, en }`. */
export function rewordAll(value: unknown, words: (at: string) => string, at = ''): unknown {
	if (Array.isArray(value)) return value.map((one, i) => rewordAll(one, words, `${at}/${i}`));
	if (value === null || typeof value !== 'object') return value;
	if ('fr' in value) return { fr: words(at), en: words(`${at}/en`) };
	return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rewordAll(one, words, `${at}/${key}`)]));
}

/** A file of separated values, read as a spreadsheet reads it. */
export function cellsOf(csv: string, separator: string): string[][] {
	const rows: string[][] = [[]];
	let cell = '';
	let quoted = false;
	for (let i = 0; i < csv.length; i++) {
		const letter = csv[i]!;
		if (quoted && letter === '"' && csv[i + 1] === '"') cell += csv[++i]!;
		else if (letter === '"' && (quoted || cell === '')) quoted = !quoted;
		else if (!quoted && (letter === separator || letter === '\n')) {
			rows.at(-1)!.push(letter === '\n' && cell.endsWith('\r') ? cell.slice(0, -1) : cell);
			cell = '';
			if (letter === '\n') rows.push([]);
		} else cell += letter;
	}
	if (cell !== '' || rows.at(-1)!.length > 0) rows.at(-1)!.push(cell);
	return rows.filter((row) => row.length > 0);
}
