namespace GpuGrants.Api.Tests.World;

/// <summary>The script by which Korean texts are told from English ones.</summary>
internal static class Hangul
{
    /// <summary>Whether a text has a syllable of Hangul.</summary>
    public static bool IsIn(string text) => text.Any(letter => letter is >= '\uac00' and <= '\ud7a3');
}
