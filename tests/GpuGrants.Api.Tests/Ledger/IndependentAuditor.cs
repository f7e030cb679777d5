using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>
/// The seal as docs/ledger-seal.md defines it, written down once more from the page alone: nothing of the product takes part.
/// </summary>
internal static class IndependentAuditor
{
    private static readonly string[] Counters = ["debits_pending", "debits_posted", "credits_pending", "credits_posted", "version"];

    /// <summary>Recomputes every block of an export; the blocks whose hash or chain is wrong, and how many there are.</summary>
    public static (int Blocks, List<string> Wrong) Check(string directory)
    {
        var transfers = Lines(directory, "transfers.jsonl")
            .ToDictionary(one => (one.GetProperty("root_programme_id").GetString()!, one.GetProperty("sequence").GetInt64()));
        var (blocks, wrong, previous) = (0, new List<string>(), new Dictionary<string, byte[]>());
        foreach (var block in Lines(directory, "blocks.jsonl"))
        {
            blocks++;
            var root = block.GetProperty("root_programme_id").GetString()!;
            var (first, last) = (block.GetProperty("first_sequence").GetInt64(), block.GetProperty("last_sequence").GetInt64());
            using var sealing = new MemoryStream();
            sealing.WriteByte(1);
            sealing.Write(Uuid(root));
            sealing.Write(Integer(block.GetProperty("number").GetInt64()));
            sealing.Write(Integer(first));
            sealing.Write(block.GetProperty("previous_hash").GetBytesFromBase64());
            for (var sequence = first; sequence <= last; sequence++)
                sealing.Write(SHA256.HashData(Row(transfers[(root, sequence)])));
            var hash = SHA256.HashData(sealing.ToArray());
            var follows = block
                .GetProperty("previous_hash")
                .GetBytesFromBase64()
                .SequenceEqual(previous.GetValueOrDefault(root) ?? new byte[32]);
            if (!follows || !hash.SequenceEqual(block.GetProperty("hash").GetBytesFromBase64()))
                wrong.Add($"{root} {block.GetProperty("number").GetInt64()}");
            previous[root] = hash;
        }

        return (blocks, wrong);
    }

    private static IEnumerable<JsonElement> Lines(string directory, string name) =>
        File.ReadLines(Path.Combine(directory, name)).Select(line => JsonDocument.Parse(line).RootElement);

    private static byte[] Row(JsonElement row)
    {
        using var bytes = new MemoryStream();
        bytes.WriteByte(1);
        foreach (var name in (string[])["root_programme_id", "id"])
            bytes.Write(Uuid(row.GetProperty(name).GetString()!));
        bytes.Write(Integer(row.GetProperty("sequence").GetInt64()));
        bytes.Write(Text(row, "kind"));
        foreach (var name in (string[])["debit_account_id", "credit_account_id"])
            bytes.Write(Uuid(row.GetProperty(name).GetString()!));
        bytes.Write(Text(row, "unit"));
        bytes.Write(Integer(row.GetProperty("amount").GetInt64()));
        bytes.Write(Optional(row, "pending_id", Uuid));
        bytes.Write(Optional(row, "expires_at", Time));
        foreach (var name in (string[])["chain_id", "corrects_id"])
            bytes.Write(Optional(row, name, Uuid));
        foreach (var name in (string[])["reason", "note"])
            bytes.Write(Text(row, name));
        foreach (var name in (string[])["request_id", "grant_id", "programme_id", "actor_id"])
            bytes.Write(Optional(row, name, Uuid));
        bytes.Write(Text(row, "client_id"));
        bytes.Write(Optional(row, "on_behalf_of", Uuid));
        bytes.Write(Time(row.GetProperty("created_at").GetString()!));
        foreach (var side in (string[])["debit_", "credit_"])
        foreach (var counter in Counters)
            bytes.Write(Integer(row.GetProperty(side + counter).GetInt64()));
        return bytes.ToArray();
    }

    private static byte[] Optional(JsonElement row, string name, Func<string, byte[]> write) =>
        row.GetProperty(name).GetString() is { } value ? [1, .. write(value)] : [0];

    private static byte[] Text(JsonElement row, string name)
    {
        if (row.GetProperty(name).GetString() is not { } value)
            return [0];
        var (utf8, length) = (Encoding.UTF8.GetBytes(value), new byte[4]);
        BinaryPrimitives.WriteInt32BigEndian(length, utf8.Length);
        return [1, .. length, .. utf8];
    }

    private static byte[] Uuid(string text) => Convert.FromHexString(text.Replace("-", "", StringComparison.Ordinal));

    private static byte[] Time(string text) =>
        Integer((DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks / 10);

    private static byte[] Integer(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
