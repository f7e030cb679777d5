using System.Globalization;
using System.Linq.Expressions;
using System.Text;

namespace GpuGrants.Api.Store;

/// <summary>
/// Arrays as literals of PostgreSQL: <c>{"a","b"}</c>. A column of arrays travels in this form, because <c>unnest</c> would take an array
/// of arrays apart to the last element.
/// </summary>
internal static class ArrayText
{
    /// <summary>The text of an array that an expression gives.</summary>
    /// <returns>An expression of type <c>string</c>, null where the array is null.</returns>
    /// <exception cref="InvalidOperationException">The elements have no exact text form here.</exception>
    public static Expression Of(Expression array)
    {
        var element = array.Type.GetElementType()!;
        var method =
            element == typeof(string) ? nameof(OfTexts)
            : element == typeof(long) || element == typeof(int) || element == typeof(short) || element == typeof(Guid) ? nameof(OfPlain)
            : throw new InvalidOperationException($"An array of {element.Name} has no text form.");
        return Expression.Call(typeof(ArrayText), method, element == typeof(string) ? null : [element], array);
    }

    private static string? OfPlain<T>(T[]? values)
        where T : ISpanFormattable
    {
        if (values is null)
            return null;
        var text = new StringBuilder("{");
        foreach (var value in values)
            text.Append(text.Length == 1 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{value}");
        return text.Append('}').ToString();
    }

    /// <summary>Every element is quoted and escaped, whatever it holds.</summary>
    private static string? OfTexts(string[]? values)
    {
        if (values is null)
            return null;
        var text = new StringBuilder("{");
        foreach (var value in values)
        {
            text.Append(text.Length == 1 ? "\"" : ",\"");
            foreach (var character in value)
                (character is '"' or '\\' ? text.Append('\\') : text).Append(character);
            text.Append('"');
        }

        return text.Append('}').ToString();
    }
}
