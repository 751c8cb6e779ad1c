// Starts `deltac lsp` for .delta pages.
const { workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

exports.activate = () => {
    const command = workspace.getConfiguration('deltac').get('program');
    client = new LanguageClient('deltac', 'deltac', { command, args: ['lsp'] }, { documentSelector: [{ language: 'delta' }] });
    return client.start();
};
exports.deactivate = () => client && client.stop();
