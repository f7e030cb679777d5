using System.Buffers;
using System.Text.Json;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>
/// The body of one report of usage: new records, each of 100 GPUs for a millisecond, one after the other. A grant's ten records of a report
/// charge one GPU-second.
/// </summary>
internal static class UsageBatch
{
    public static byte[] Write(UsageLoad usage, int turn)
    {
        var output = new ArrayBufferWriter<byte>(usage.Batch * 240);
        using var json = new Utf8JsonWriter(output);
        var first = turn * usage.GrantsPerBatch;
        var perGrant = usage.Batch / usage.GrantsPerBatch;
        // How often each grant had its turn before.
        var round = first / usage.Grants.Count;
        json.WriteStartObject();
        json.WriteStartArray("records");
        for (var i = 0; i < usage.Batch; i++)
        {
            json.WriteStartObject();
            json.WriteString("id", Guid.CreateVersion7());
            json.WriteString("grantId", usage.Grants[(first + (i % usage.GrantsPerBatch)) % usage.Grants.Count]);
            json.WriteNumber("gpus", 100);
            var start = usage.StartedAt.AddMilliseconds((round * perGrant) + (i / usage.GrantsPerBatch));
            json.WriteString("startedAt", start);
            json.WriteString("endedAt", start.AddMilliseconds(1));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }
}
