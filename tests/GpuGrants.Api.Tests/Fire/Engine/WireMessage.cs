using System.Buffers.Binary;
using System.Text;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>One message of PostgreSQL's protocol as it passes the proxy.</summary>
/// <param name="FromService">Whether the service sent it; otherwise PostgreSQL did.</param>
/// <param name="Type">The message's type byte; <c>'\0'</c> for the messages that open a connection, which have none.</param>
/// <param name="Text">The statement of a Parse, Bind or Execute, the tag of a CommandComplete, else empty.</param>
internal readonly record struct WireMessage(bool FromService, char Type, string Text)
{
    private const int CancelCode = 80_877_102;

    /// <summary>A connection that only asks PostgreSQL to cancel a statement of another.</summary>
    public bool IsCancel => FromService && Type == '\0' && Text == "cancel";

    public bool IsRow => !FromService && Type == 'D';

    public bool IsExecute(string part) => FromService && Type == 'E' && Text.Contains(part, StringComparison.Ordinal);

    public bool IsComplete(string tag) => !FromService && Type == 'C' && Text.StartsWith(tag, StringComparison.Ordinal);

    public static string OpeningText(ReadOnlySpan<byte> body) =>
        body.Length >= 4 && BinaryPrimitives.ReadInt32BigEndian(body) == CancelCode ? "cancel" : "startup";

    /// <summary>The zero-terminated text at the beginning, and where what follows begins.</summary>
    public static (string Text, int Next) ReadText(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return (Encoding.UTF8.GetString(bytes[..end]), end + 1);
    }

    public override string ToString() =>
        $"{(FromService ? '>' : '<')}{(Type == '\0' ? "open" : Type.ToString())} {(Text.Length > 60 ? Text[..60] : Text)}".TrimEnd();
}
