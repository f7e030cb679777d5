using System.Buffers;
using System.Text.Json;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>The body of one report of usage: new records, each of one GPU-second.</summary>
internal static class UsageBatch
{
    public static byte[] Write(UsageLoad usage, int turn)
    {
        var output = new ArrayBufferWriter<byte>(usage.Batch * 240);
        using var json = new Utf8JsonWriter(output);
        var first = turn * usage.GrantsPerBatch;
        json.WriteStartObject();
        json.WriteStartArray("records");
        for (var i = 0; i < usage.Batch; i++)
        {
            json.WriteStartObject();
            json.WriteString("id", Guid.CreateVersion7());
            json.WriteString("grantId", usage.Grants[(first + (i % usage.GrantsPerBatch)) % usage.Grants.Count]);
            json.WriteNumber("gpuSeconds", 1);
            json.WriteString("startedAt", usage.StartedAt);
            json.WriteString("endedAt", usage.StartedAt.AddSeconds(1));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }
}
