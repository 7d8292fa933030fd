// SPDX-License-Identifier: Apache-2.0

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { XML_DEPTH_MAX, XML_LENGTH_MAX, parseXml } from './parse-xml.ts';
import { REDACTED, redactDomainXml } from './redact-xml.ts';
import { XmlError } from './xml-error.ts';

jest.setTimeout(60_000);

const TESTDATA = join(__dirname, 'testdata');
const fixtures = readdirSync(TESTDATA).filter((name) => name.endsWith('.xml'));
const fixture = (name: string): string => readFileSync(join(TESTDATA, name), 'utf8');

/** What is planted; long and odd enough to stand in no place by itself. */
const SECRET = 'hunter2-Zq';

/** Documents with `@` where a secret stands. */
const PLACES: readonly (readonly [string, string])[] = [
  ['a VNC password', `<domain><graphics type='vnc' passwd='@' passwdValidTo='2030-01-01T00:00:00'/></domain>`],
  ['a SPICE password', `<domain><graphics type="spice" passwd="@"/></domain>`],
  ['an attribute in capitals', `<domain><x PassWord='@'/></domain>`],
  ['an element', `<domain><password>@</password></domain>`],
  ['an element with white space', `<domain><password>\n  @\n</password></domain>`],
  ['an element in CDATA', `<domain><password><![CDATA[@]]></password></domain>`],
  ['an element in pieces', `<domain><password>a<!-- x -->@<![CDATA[@]]>&amp;@</password></domain>`],
  [
    'below a secret element',
    `<domain><metadata><a:token xmlns:a='u'><a:x y='@'><z>@</z></a:x></a:token></metadata></domain>`,
  ],
  [
    'a secret’s text',
    `<domain><disk><auth username='u'><secret type='ceph' uuid='u'>@</secret></auth></disk></domain>`,
  ],
  ['an inline secret in auth', `<domain><disk><auth username='u'>@</auth></disk></domain>`],
  [
    'auth with a password',
    `<domain><disk><source><auth type='chap' username='u' password='@'/></source></disk></domain>`,
  ],
  [
    'encryption',
    `<domain><disk><encryption format='luks'><secret type='passphrase' value='@'>@</secret></encryption></disk></domain>`,
  ],
  [
    'key material in encryption',
    `<domain><disk><encryption format='luks'><key>@</key><data>@</data></encryption></disk></domain>`,
  ],
  [
    'a cookie',
    `<domain><disk><source protocol='https'><cookies><cookie name='sid'>@</cookie></cookies></source></disk></domain>`,
  ],
  [
    'a URL’s query',
    `<domain><disk><source protocol='https' name='x' query='a=b&amp;token=@&amp;c=d'/></disk></domain>`,
  ],
  ['a signed URL', `<domain><disk><source query='sv=2020&amp;sig=@'/></disk></domain>`],
  ['a URL’s user', `<domain><disk><source name='https://joe:@@example.org/x'/></disk></domain>`],
  ['a URL’s user of iSCSI', `<domain><x><source name='iscsi://joe%@@example.org/x'/></x></domain>`],
  [
    'launch security',
    `<domain><launchSecurity type='sev'><dhCert>@</dhCert><session>@</session></launchSecurity></domain>`,
  ],
  ['an option after its name', q(`<qemu:arg value='-password'/><qemu:arg value='@ and more'/>`)],
  ['a secret object', q(`<qemu:arg value='-object'/><qemu:arg value='secret,id=s0,data=@,format=raw'/>`)],
  ['a secret object with commas', q(`<qemu:arg value='secret,id=s0,data=a,,@,,@,format=raw'/>`)],
  [
    'a secret object in JSON',
    q(`<qemu:arg value='{&quot;qom-type&quot;:&quot;secret&quot;,&quot;data&quot;:&quot;a\\&quot;@&quot;}'/>`),
  ],
  ['a password option', q(`<qemu:arg value='port=1,password=@,x=y'/>`)],
  ['a numbered character for a letter', q(`<qemu:arg value='port=1,p&#97;ssword=@'/>`)],
  ['a key of rbd', q(`<qemu:arg value='file=rbd:pool/image:id=admin:key=@:auth_supported=cephx'/>`)],
  ['a firmware entry', q(`<qemu:arg value='-fw_cfg'/><qemu:arg value='name=opt/x/token,string=@'/>`)],
  ['Ignition in a firmware entry', q(`<qemu:arg value='name=opt/com.coreos/config,string={"a":"@"}'/>`)],
  ['a credential in SMBIOS', q(`<qemu:arg value='type=11,value=io.systemd.credential:x=@'/>`)],
  ['an environment variable', q(`<qemu:env name='AWS_SECRET_ACCESS_KEY' value='@'/>`)],
  ['a token in an environment variable', q(`<qemu:env name='OPTS' value='--token @'/>`)],
  [
    'another driver’s command line',
    `<domain><b:commandline xmlns:b='u'><b:arg value='password=@'/></b:commandline></domain>`,
  ],
  ['a property of a device', q(`<qemu:property name='password' type='string' value='@'/>`, 'override')],
  [
    'an OEM string',
    `<domain><sysinfo type='smbios'><oemStrings><entry>io.systemd.credential:passwd.root=@</entry></oemStrings></sysinfo></domain>`,
  ],
  [
    'an OEM string of the admin’s own',
    `<domain><sysinfo><oemStrings><entry>app:token=@</entry></oemStrings></sysinfo></domain>`,
  ],
  [
    'a seed of cloud-init',
    `<domain><sysinfo><system><entry name='serial'>ds=nocloud-net;s=http://10.0.0.1/@/;h=a</entry></system></sysinfo></domain>`,
  ],
  [
    'Ignition in sysinfo',
    `<domain><sysinfo type='fwcfg'><entry name='opt/com.coreos/config'>{"x":"@"}</entry></sysinfo></domain>`,
  ],
  ['a kernel’s command line', `<domain><os><cmdline>root=/dev/vda1 password=@ quiet</cmdline></os></domain>`],
  ['a kernel’s command line with quotes', `<domain><os><cmdline>x="y" token="a @" quiet</cmdline></os></domain>`],
  ['systemd.set_credential', `<domain><os><cmdline>systemd.set_credential=x:@ quiet</cmdline></os></domain>`],
  ['a container’s environment', `<domain><os><initenv name='DB_PASS'>@</initenv></os></domain>`],
  ['a container’s argument', `<domain><os><initarg>--password=@</initarg></os></domain>`],
  ['a description', `<domain><description>Web server.\nroot password: @\nAsk Joe.</description></domain>`],
  ['a title', `<domain><title>x (pw=@)</title></domain>`],
  ['metadata: an element', m(`<a:rootPassword>@</a:rootPassword>`)],
  ['metadata: an attribute', m(`<a:app api-key='@'/>`)],
  ['metadata: a named value', m(`<a:item name='secret' value='@'/><a:item key='db_password'>@</a:item>`)],
  ['metadata: a named element', m(`<a:item name='credentials'><a:x>@</a:x></a:item>`)],
  ['metadata: a pair', m(`<a:i><a:name>password</a:name><a:value>@</a:value></a:i>`)],
  ['metadata: a pair of a property list', m(`<dict><key>token</key><string>@</string></dict>`)],
  ['metadata: a pair the wrong way around', m(`<a:i><a:value>@</a:value><a:key>token</a:key></a:i>`)],
  ['metadata: a key alone', m(`<a:key>@</a:key>`)],
  ['metadata: JSON', m(`<a:j>{"user": "joe", "password": "@", "x": 1}</a:j>`)],
  ['metadata: JSON in JSON', m(`<a:j>{"x": "{\\"password\\": \\"@\\"}"}</a:j>`)],
  ['metadata: a JSON object', m(`<a:j>{"credentials": {"a": "@"}}</a:j>`)],
  ['metadata: YAML', m(`<a:y><![CDATA[#cloud-config\nchpasswd:\n  list: |\n    root:@\n    joe:@\n]]></a:y>`)],
  ['metadata: XML in CDATA', m(`<a:y><![CDATA[<a>x<password>@</password><v passwd='@'/></a>]]></a:y>`)],
  ['metadata: a header', m(`<a:y>Authorization: Bearer @0123</a:y>`)],
  ['metadata: a comment', m(`<!-- password=@ --><a:x/>`)],
  ['metadata: a processing instruction', m(`<?app password="@"?><a:x/>`)],
  ['metadata: an SSH key', m(`<a:y>ssh-ed25519 AAAA@ joe</a:y>`.replace('-Zq', ''))],
  ['metadata: a private key', m(`<a:y>-----BEGIN PRIVATE KEY-----\n@\n-----END PRIVATE KEY-----</a:y>`)],
  ['metadata: a password’s hash', m(`<a:y>root:$6$salt$@:19000</a:y>`)],
  ['metadata: a default namespace', m(`<x xmlns='u'><admin_pass>@</admin_pass></x>`)],
  ['a comment before the root', `<!-- passwd='@' --><domain/>`],
  ['a comment after the root', `<domain/><!-- passwd='@' -->`],
  ['deep nesting', `${'<a>'.repeat(60)}<password>@</password>${'</a>'.repeat(60)}`],
  [
    'JavaScript’s own names',
    `<domain><__proto__ constructor='x' password='@'><toString token='@'/></__proto__></domain>`,
  ],
];

function q(inside: string, element = 'commandline'): string {
  return `<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:${element}>${inside}</qemu:${element}></domain>`;
}

function m(inside: string): string {
  return `<domain><metadata xmlns:a='urn:a'>${inside}</metadata></domain>`;
}

describe('a secret in', () => {
  const planted = (template: string, secret: string): string =>
    template
      .replaceAll('@@', '\0@')
      .replaceAll(/(?<!\0)@/g, secret)
      .replaceAll('\0@', `${secret}@`);

  it.each(PLACES)('%s is masked', (_, template) => {
    const secret = template.includes('AAAA') ? 'hunter2' : SECRET;
    const xml = planted(template, secret);
    expect(xml).toContain(secret);
    const redacted = redactDomainXml(xml);
    expect(redacted).not.toContain('hunter2');
    expect(redacted).toContain(REDACTED);
    // Still a document, and nothing more to find in it.
    expect(() => parseXml(redacted)).not.toThrow();
    expect(redactDomainXml(redacted)).toBe(redacted);
  });

  it.each(PLACES)('%s is masked whatever it is made of', (_, template) => {
    for (const secret of secrets(30)) {
      const xml = planted(template, secret);
      expect(redactDomainXml(xml)).not.toContain(secret);
    }
  });
});

/** Secrets of letters, digits and signs that end nothing in any of the notations; the same in every run. */
function* secrets(count: number): Generator<string> {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.!~+*';
  let state = 0x2545f491;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let n = 0; n < count; n++) {
    const length = 8 + random(40);
    yield `Z9${Array.from({ length }, () => alphabet[random(alphabet.length)]).join('')}0`;
  }
}

describe('what is no secret', () => {
  it.each(fixtures.filter((name) => !name.includes('full')))('%s is kept, character by character', (name) => {
    expect(redactDomainXml(fixture(name))).toBe(fixture(name));
  });

  it.each([
    [
      'references to secrets',
      `<domain><auth username='joe'><secret type='ceph' uuid='5c1d2e3f-0000-4000-8000-00000000c001' usage='ceph key'/></auth></domain>`,
    ],
    [
      'a TPM’s reference',
      `<domain><backend type='emulator'><encryption secret='5c1d2e3f-0000-4000-8000-00000000c001'/></backend></domain>`,
    ],
    [
      'encryption’s parameters',
      `<domain><encryption format='luks' engine='qemu'><secret type='passphrase' uuid='u'/><cipher name='aes' size='256'/></encryption></domain>`,
    ],
    [
      'a key map and key wrapping',
      `<domain><keywrap><cipher name='aes' state='on'/></keywrap><graphics type='vnc' keymap='de' passwd='' passwdValidTo='2030-01-01T00:00:00'/></domain>`,
    ],
    [
      'flags about secrets',
      `<domain><metadata xmlns:a='u'><a:password>true</a:password><a:token/></metadata><launchSecurity kernelHashes='yes'/></domain>`,
    ],
    [
      'references of QEMU',
      q(
        `<qemu:arg value='a,password-secret=sec0,tls-creds=tls0,passwordid=s'/><qemu:arg value='secret,id=a,file=/x'/>`,
      ),
    ],
    [
      'options without secrets',
      q(`<qemu:arg value='-vnc'/><qemu:arg value=':1,password=on'/><qemu:env name='QEMU_AUDIO_DRV' value='none'/>`),
    ],
    ['a plain query', `<domain><source query='dcPath=Data&amp;dsName=store1'/></domain>`],
    ['a URL with a user', `<domain><source name='ssh://joe@example.org:22/x?socket=/run/s'/></domain>`],
    ['pairs', m(`<a:i><a:key>colour</a:key><a:value>red</a:value></a:i><a:e key='size' value='3'/>`)],
    [
      'odd but lawful XML',
      `<?xml version="1.0"?>\r\n<!-- a --><domain a = "&lt;'" b='"'\n>\t<n>&#x41;&amp;</n ><![CDATA[<x>]]><e /></domain>\n<!-- z -->\n`,
    ],
    ['a namespace named like one', `<domain><metadata><x xmlns:token='urn:password' token:a='1'/></metadata></domain>`],
    [
      'a name like one',
      `<domain><name>password-server</name><disk><source file='/images/tokens.qcow2'/></disk></domain>`,
    ],
  ])('%s: kept', (_, xml) => {
    expect(redactDomainXml(xml)).toBe(xml);
  });

  it('around a secret is kept, character by character', () => {
    const xml = `<domain >\n <graphics  type = 'vnc'  passwd = "${SECRET}" port='1' />&#169;<!-- x --></domain>\n`;
    expect(redactDomainXml(xml)).toBe(xml.replace(SECRET, REDACTED));
    expect(redactDomainXml(q(`<qemu:arg value='a=1,password=&amp;x&quot;,b=2'/>`))).toContain(
      `'a=1,password=${REDACTED},b=2'`,
    );
  });

  it('of a real domain is kept, and its secrets are not', () => {
    const masked = redactDomainXml(fixture('pair-full-live.xml'));
    expect(masked).toBe(
      fixture('pair-full-live.xml').replace(`name='MY_TOKEN' value='abc'`, `name='MY_TOKEN' value='${REDACTED}'`),
    );
  });
});

describe('what cannot be read', () => {
  it.each([
    ['a cut document', `<domain><graphics passwd='${SECRET}'>`],
    ['an open quote', `<domain><graphics passwd='${SECRET}/></domain>`],
    ['crossed tags', `<a><b passwd='${SECRET}'></a></b>`],
    ['a DTD', `<!DOCTYPE d [<!ENTITY e "${SECRET}">]><domain>&e;</domain>`],
    ['an unknown entity', `<domain>&${SECRET.replace('-', '')};</domain>`],
    ['an attribute twice', `<domain passwd='${SECRET}' passwd='x'/>`],
    ['attributes without a space between', `<domain a='1'passwd='${SECRET}'/>`],
    ['nothing', ''],
    ['no XML', SECRET],
    ['text around the root', `<domain/>${SECRET}`],
    ['nesting beyond the limit', `${'<a>'.repeat(XML_DEPTH_MAX + 2)}${SECRET}${'</a>'.repeat(XML_DEPTH_MAX + 2)}`],
    ['too much', `<domain>${' '.repeat(XML_LENGTH_MAX)}</domain>`],
  ])('is refused without a word of it: %s', (_, xml) => {
    expect(() => redactDomainXml(xml)).toThrow(XmlError);
    try {
      redactDomainXml(xml);
    } catch (error) {
      expect(String(error)).not.toContain('hunter2');
    }
  });

  it('throws nothing but XmlError and gives nothing but XML, whatever is cut off or flipped', () => {
    const xml = `<?xml version="1.0"?><domain><!-- token=${SECRET} --><m p="1" passwd='${SECRET}'/><secret><![CDATA[${SECRET}]]>&amp;${SECRET}</secret></domain>`;
    const attempt = (text: string): void => {
      try {
        parseXml(redactDomainXml(text));
      } catch (error) {
        if (!(error instanceof XmlError)) throw error;
      }
    };
    for (let i = 0; i < xml.length; i++) {
      attempt(xml.slice(0, i));
      for (const swap of ['<', '>', '&', "'", '"', '/', '!', ']', '-', '?', '\0'])
        attempt(xml.slice(0, i) + swap + xml.slice(i + 1));
    }
    expect(redactDomainXml(xml)).not.toContain(SECRET);
  });
});

describe('hostile text of a million characters', () => {
  const fill = (unit: string): string => unit.repeat(Math.floor(1_000_000 / unit.length));
  it.each([
    ['letters', 'a'],
    ['spaces', ' '],
    ['commas', 'password=,,'],
    ['quotes', `"'`],
    ['open quotes', `password="`],
    ['backslashes', '\\'],
    ['colons', '://'],
    ['question marks', '?'],
    ['dollars', '$6$'],
    ['hyphens', '-'],
    ['names', 'password '],
    ['names with signs', 'password='],
    ['flags', 'password=true\n'],
    ['headers of tokens', 'eyJ-'],
    ['headers of keys', '-----BEGIN '],
    ['credentials', 'io.systemd.credential:a='],
    ['credentials without an end', 'io.systemd.credential:'],
    ['seeds', 'nocloud s=http://'],
    ['blocks', 'token: [\n'],
    ['open tags', '&lt;password'],
    ['entities', '&amp;'],
    ['dots', 'a.'],
    ['Basic', 'basic '],
  ])('takes time in proportion: %s', (_, unit) => {
    for (const make of [m, (text: string) => `<domain a='${text.replaceAll("'", '')}'/>`, q]) {
      const began = process.cpuUsage();
      redactDomainXml(make(make === q ? `<qemu:arg value='${fill(unit).replaceAll("'", '')}'/>` : fill(unit)));
      // A quadratic pattern takes minutes of CPU.
      expect(process.cpuUsage(began).user / 1e6).toBeLessThan(5);
    }
  });

  it('takes time in proportion to the number of elements', () => {
    const began = process.cpuUsage();
    redactDomainXml(m('<a:k name="token" value="x">y</a:k>'.repeat(20_000)));
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(5);
  });
});
