/** The flags of a command together with further ones, in the form in which the parser's types take them. */
export type WithFlags<Flags, More> = { [Name in keyof (Flags & More)]: (Flags & More)[Name] };
