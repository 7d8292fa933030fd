// SPDX-License-Identifier: Apache-2.0
// The app's configuration: where the API is, its tokens, the data sources; and a test that says precisely what is wrong.

import type { AppPluginMeta, PluginConfigPageProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { getBackendSrv, getDataSourceSrv, locationService } from '@grafana/runtime';
import { Alert, Button, Combobox, Field, FieldSet, Input, SecretInput, Stack, Text } from '@grafana/ui';
import React, { useState, type SyntheticEvent } from 'react';
import { lastValueFrom } from 'rxjs';
import { defaultSource, type SourceType } from '../../api/data-sources';
import { type ApiError, toApiError } from '../../api/problem';
import { Failed, ProblemText } from '../../components/States';
import { PLUGIN_ID } from '../../constants';
import { addressFault, type AppSettings, normalAddress, TOKEN_KEYS, type TokenKey } from '../../settings';
import { checkToken, type Finding } from './checks';

/** Grafana's page /plugins/vireo-libvirt-app. */
export type ConfigPageProps = PluginConfigPageProps<AppPluginMeta<AppSettings>>;

const NOTHING: AppSettings = {};
const EXAMPLE = 'http://vireo:9177';

export function ConfigPage({ plugin: { meta } }: ConfigPageProps) {
  const { jsonData: stored = NOTHING, secureJsonFields = {}, enabled = false, pinned = false } = meta;
  const [settings, setSettings] = useState<AppSettings>(stored);
  const [tokens, setTokens] = useState<Partial<Record<TokenKey, string>>>({});
  const [failure, setFailure] = useState<ApiError>();
  const [isSaving, setSaving] = useState(false);
  const apiUrl = settings.apiUrl ?? '';
  const fault = apiUrl === '' ? undefined : addressFault(normalAddress(apiUrl));

  const change = (changes: AppSettings) => setSettings({ ...settings, ...changes });
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (isSaving) {
      return;
    }
    setSaving(true);
    setFailure(undefined);
    try {
      await saveSettings(
        { enabled: true, pinned: pinned || !enabled },
        { ...settings, apiUrl: normalAddress(apiUrl) },
        tokens,
      );
      // Grafana reads an app's settings once, when the page loads.
      locationService.getHistory().go(0);
    } catch (error) {
      setFailure(toApiError(error));
      setSaving(false);
    }
  };

  return (
    <form onSubmit={(event) => void save(event)}>
      <FieldSet label={t('config.api', 'Vireo')}>
        <Field
          label={t('config.address', 'Address of the API')}
          description={t('config.address-help', 'As Grafana’s server reaches it; browsers never go there.')}
          invalid={fault !== undefined}
          error={fault && addressText(fault)}
          required
        >
          <Input
            id="vireo-api-url"
            type="url"
            width={60}
            value={apiUrl}
            placeholder={EXAMPLE}
            onChange={(event) => change({ apiUrl: event.currentTarget.value })}
          />
        </Field>
        {TOKEN_KEYS.map((key) => (
          <TokenField
            key={key}
            name={key}
            isStored={secureJsonFields[key] === true && tokens[key] === undefined}
            value={tokens[key] ?? ''}
            onChange={(value) => setTokens({ ...tokens, [key]: value })}
          />
        ))}
      </FieldSet>
      <FieldSet label={t('config.data-sources', 'Data sources')}>
        <DataSourceField
          type="prometheus"
          label={t('config.prometheus', 'Metrics')}
          uid={settings.prometheusUid}
          onChange={(prometheusUid) => change({ prometheusUid })}
        />
        <DataSourceField
          type="loki"
          label={t('config.loki', 'Log')}
          uid={settings.lokiUid}
          onChange={(lokiUid) => change({ lokiUid })}
        />
      </FieldSet>
      <Stack direction="column" gap={2} alignItems="flex-start">
        {failure && <Failed error={failure} />}
        {/* Not disabled while it saves: it would lose the focus. */}
        <Button type="submit" disabled={apiUrl === '' || fault !== undefined}>
          {t('config.save', 'Save, and load the page again')}
        </Button>
        <ConnectionTest isChanged={Object.keys(tokens).length > 0 || settings !== stored} />
      </Stack>
    </form>
  );
}

/** Sends only the tokens that were entered: an empty one would overwrite what is stored. */
async function saveSettings(
  state: { readonly enabled: boolean; readonly pinned: boolean },
  jsonData: AppSettings,
  tokens: Partial<Record<TokenKey, string>>,
): Promise<void> {
  const entered = Object.entries(tokens).filter(([, token]) => token.trim() !== '');
  const secureJsonData = Object.fromEntries(entered.map(([key, token]) => [key, token.trim()]));
  await lastValueFrom(
    getBackendSrv().fetch({
      url: `/api/plugins/${PLUGIN_ID}/settings`,
      method: 'POST',
      data: { ...state, jsonData, secureJsonData },
      showErrorAlert: false,
      showSuccessAlert: false,
    }),
  );
}

function TokenField({ name, isStored, value, onChange }: TokenFieldProps) {
  const [isReset, setReset] = useState(false);
  const { label, description } = tokenText(name);
  return (
    <Field label={label} description={description}>
      <SecretInput
        id={`vireo-${name}`}
        width={60}
        isConfigured={isStored}
        value={value}
        autoComplete="off"
        // eslint-disable-next-line jsx-a11y/no-autofocus -- the button that resets had the focus, and is gone
        autoFocus={isReset}
        onChange={(event) => onChange(event.currentTarget.value)}
        onReset={() => {
          setReset(true);
          onChange('');
        }}
      />
    </Field>
  );
}
interface TokenFieldProps {
  readonly name: TokenKey;
  readonly isStored: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function DataSourceField({ type, label, uid, onChange }: DataSourceFieldProps) {
  const options = getDataSourceSrv()
    .getList({ type })
    .map((source) => ({ value: source.uid, label: source.name }));
  const standard = defaultSource(type)?.name;
  const id = `vireo-${type}`;
  return (
    <Field
      label={label}
      description={
        standard === undefined
          ? t('config.no-source', 'Grafana has no data source of the type {{type}}.', { type })
          : t('config.source-help', 'Without a choice: Grafana’s default of the type {{type}}, now {{name}}.', {
              type,
              name: standard,
              interpolation: { escapeValue: false },
            })
      }
    >
      <Combobox
        id={id}
        width={60}
        isClearable
        options={options}
        placeholder={standard}
        value={uid ?? null}
        onChange={(chosen) => onChange(chosen?.value)}
      />
    </Field>
  );
}
interface DataSourceFieldProps {
  readonly type: SourceType;
  readonly label: string;
  readonly uid: string | undefined;
  readonly onChange: (uid: string | undefined) => void;
}

function ConnectionTest({ isChanged }: { readonly isChanged: boolean }) {
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  const [isTesting, setTesting] = useState(false);
  const test = async () => {
    setTesting(true);
    setFindings([]);
    setFindings(await Promise.all(TOKEN_KEYS.map(checkToken)));
    setTesting(false);
  };
  return (
    <>
      <Stack direction="row" gap={2} alignItems="center">
        {/* Not disabled meanwhile: it would lose the focus. */}
        <Button variant="secondary" aria-disabled={isTesting} onClick={() => isTesting || void test()}>
          {t('config.test', 'Test the saved configuration')}
        </Button>
        {isChanged && (
          <Text variant="bodySmall" color="secondary">
            {t('config.unsaved', 'What you changed is not saved yet, and not tested.')}
          </Text>
        )}
      </Stack>
      <div role="status">
        {findings.map(({ key, severity, message, problem }) => (
          <Alert key={key} severity={severity} title={tokenText(key).label}>
            {problem ? <ProblemText problem={problem} /> : message}
          </Alert>
        ))}
      </div>
    </>
  );
}

function tokenText(key: TokenKey): { readonly label: string; readonly description: string } {
  switch (key) {
    case 'readToken':
      return {
        label: t('config.read', 'Token to look'),
        description: t('config.read-help', 'Used for every viewer. Privileges: read, xml.'),
      };
    case 'operateToken':
      return {
        label: t('config.operate', 'Token to act'),
        description: t('config.operate-help', 'Used for operators. Privileges: read, xml, power, force.'),
      };
    case 'consoleToken':
      return {
        label: t('config.console', 'Token for consoles'),
        description: t('config.console-help', 'Used for operators. Privileges: console.view, console.control.'),
      };
  }
}

function addressText(fault: NonNullable<ReturnType<typeof addressFault>>): string {
  switch (fault) {
    case 'scheme':
      return t('config.fault-scheme', 'Enter an address that begins with http:// or https://');
    case 'secret':
      return t('config.fault-secret', 'Leave user and password out: every viewer can read the address.');
    case 'path':
      return t('config.fault-path', 'Leave out /api/v1 and everything behind it: Grafana adds it.');
  }
}
