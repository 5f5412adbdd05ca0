const everywhere = ['Type', 'Comment', 'QueryLanguage'];
const flow = [...everywhere, 'InputPath', 'OutputPath', 'Next', 'End'];
const result = ['ResultSelector', 'ResultPath', 'Retry', 'Catch'];

/** The fields of each type of state that run here as they do on AWS. */
export const stateFields: Readonly<Record<string, readonly string[]>> = {
  Task: [...flow, ...result, 'Resource', 'Parameters', 'TimeoutSeconds', 'TimeoutSecondsPath'],
  Pass: [...flow, 'Result', 'ResultPath', 'Parameters'],
  Choice: [...everywhere, 'InputPath', 'OutputPath', 'Choices', 'Default'],
  Wait: [...flow, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Succeed: [...everywhere, 'InputPath', 'OutputPath'],
  Fail: [...everywhere, 'Error', 'Cause', 'ErrorPath', 'CausePath'],
  Parallel: [...flow, ...result, 'Parameters', 'Branches'],
  Map: [
    ...flow,
    ...result,
    'Parameters',
    'ItemsPath',
    'ItemSelector',
    'ItemBatcher',
    'ItemProcessor',
    'Iterator',
    'Label',
    'MaxConcurrency',
    'MaxConcurrencyPath',
    'ToleratedFailureCount',
    'ToleratedFailureCountPath',
    'ToleratedFailurePercentage',
    'ToleratedFailurePercentagePath',
  ],
};

/** The fields of a machine, also of the one inside a Map or Parallel state. */
export const machineFields = [
  'Comment',
  'QueryLanguage',
  'StartAt',
  'States',
  'TimeoutSeconds',
  'Version',
  'ProcessorConfig',
];

export const processorFields = ['Mode', 'ExecutionType'];

export const batcherFields = ['MaxItemsPerBatch', 'MaxItemsPerBatchPath', 'BatchInput'];

export const retrierFields = [
  'Comment',
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
];

export const catcherFields = ['Comment', 'ErrorEquals', 'Next', 'ResultPath'];

const compared = ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
const comparisons = ['String', 'Numeric', 'Timestamp'].flatMap((type) =>
  compared.flatMap((comparison) => [`${type}${comparison}`, `${type}${comparison}Path`]),
);

/** The fields of a choice rule. */
export const choiceFields = [
  ...comparisons,
  'And',
  'BooleanEquals',
  'BooleanEqualsPath',
  'Comment',
  'IsBoolean',
  'IsNull',
  'IsNumeric',
  'IsPresent',
  'IsString',
  'IsTimestamp',
  'Next',
  'Not',
  'Or',
  'StringMatches',
  'Variable',
];

/** The parts of the context object (`$$`) that are there. */
export const contextPaths = [
  'Execution.Id',
  'Execution.Input',
  'Execution.Name',
  'Execution.StartTime',
  'Map.Item.Index',
  'Map.Item.Value',
  'StateMachine.Id',
  'StateMachine.Name',
];
