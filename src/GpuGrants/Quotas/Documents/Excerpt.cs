namespace GpuGrants.Quotas.Documents;

/// <summary>
/// What a message quotes of a caller's text. Texts reach the size of a body, and a message stands in an answer several times.
/// </summary>
public static class Excerpt
{
    /// <summary>The most letters that a message quotes.</summary>
    public const int MaxLength = 60;

    /// <summary>The text, or its beginning and an ellipsis. It never ends in half a character.</summary>
    public static string Of(string text)
    {
        if (text.Length <= MaxLength)
            return text;
        var end = char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return text[..end] + "…";
    }
}
