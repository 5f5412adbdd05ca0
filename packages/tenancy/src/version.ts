/** The version of the platform; command line and functions of one deployment have the same. */
export const platformVersion = '0.1.0';
