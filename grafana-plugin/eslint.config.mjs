// SPDX-License-Identifier: Apache-2.0
// The scaffold's rules; those of the people who review plugins for Grafana's catalog; accessibility; and translations.

import grafanaI18n from '@grafana/i18n/eslint-plugin';
import { defineConfig } from 'eslint/config';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import baseConfig from './.config/eslint.config.mjs';

const RESTRICTED_SYNTAX = [
  ['ExportDefaultDeclaration', 'Named exports only: one name everywhere.'],
  ['TSAnyKeyword', 'Say what it is, or `unknown`.'],
  ['TSNonNullExpression', 'Handle what may be absent.'],
  ['JSXAttribute[name.name="dangerouslySetInnerHTML"]', 'Text goes in as text: what libvirt says may hold markup.'],
  ['MemberExpression[property.name=/^(innerHTML|outerHTML)$/]', 'Text goes in as text.'],
  ['CallExpression[callee.property.name="insertAdjacentHTML"]', 'Text goes in as text.'],
  [
    'CallExpression[callee.object.name="window"][callee.property.name="open"]:not([arguments.2.value="noopener,noreferrer"])',
    'window.open needs "noopener,noreferrer".',
  ],
  ['MemberExpression[object.name="window"][property.name="location"]', 'Use locationService or react-router.'],
  [
    'MemberExpression[object.name="window"][property.name=/^(grafanaBootData|grafanaRuntime|__grafanaSceneContext)$/]',
    'Use what @grafana/runtime exports.',
  ],
  [
    'AssignmentExpression[left.object.name=/^(window|globalThis)$/]',
    'Nothing is put on window: other plugins live there too.',
  ],
  ['CallExpression[callee.object.name="document"][callee.property.name=/^querySelector/]', 'Use a ref.'],
  ['CallExpression[callee.object.name="document"][callee.property.name="createElement"]', 'React makes elements.'],
  ['Literal[value=/api\\u002Fds\\u002Fquery/]', 'Query with scenes or the data source.'],
  ['Literal[value=/gf-form/]', 'Use the components of @grafana/ui.'],
  ['Literal[value=/#[0-9a-fA-F]{6}\\b/]', 'Use the colours of the theme.'],
  ['MemberExpression[object.name="console"]', 'A browser’s console is nobody’s log: show it, or leave it.'],
  ['JSXIdentifier[name="Global"]', 'No global styles.'],
  ['CallExpression[callee.object.name=/^(local|session)Storage$/]', 'Nothing is kept in the browser.'],
  ['MemberExpression[object.name="React"][property.name=/^(use|__.*)$/]', 'Grafana 13.0 and 13.1 run React 18.'],
].map(([selector, message]) => ({ selector, message }));

export default defineConfig([
  { ignores: ['node_modules/', 'dist/', 'coverage/', '.config/'] },
  ...baseConfig,
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { '@grafana/i18n': grafanaI18n },
    extends: [jsxA11y.flatConfigs.strict],
    rules: {
      '@grafana/i18n/no-untranslated-strings': ['error', { calleesToIgnore: ['^css$'] }],
      '@grafana/i18n/no-translation-top-level': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-deprecated': 'error',
      curly: 'error',
      eqeqeq: 'error',
      'no-alert': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-globals': ['error', 'alert', 'confirm', 'prompt', 'event', 'fetch'],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'zod', message: 'Only through the contract.' },
            { name: 'react', importNames: ['use', 'useEffectEvent', 'Activity'], message: 'Not in React 18.' },
            { name: '@emotion/css', importNames: ['injectGlobal'], message: 'No global styles.' },
          ],
          patterns: [
            { group: ['*.css', '*.scss'], message: 'Emotion and useStyles2.' },
            { regex: '^\\.\\..*/exporter/', message: 'Only @vireo/exporter/contract.' },
          ],
        },
      ],
      'no-restricted-syntax': ['error', ...RESTRICTED_SYNTAX],
      'react/no-danger': 'error',
      'react/jsx-no-target-blank': 'error',
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
    },
  },
  {
    // Fakes and the render helper: no person reads their texts.
    files: ['src/**/*.test.{ts,tsx}', 'src/testing/**'],
    rules: { '@grafana/i18n/no-untranslated-strings': 'off' },
  },
]);
