namespace GpuGrants.Api.Usage;

/// <summary>Media types of a report besides JSON.</summary>
internal static class UsageFormats
{
    /// <summary>One record per line.</summary>
    public const string Lines = "application/x-ndjson";

    /// <summary>CloudEvents 1.0 in JSON batch format.</summary>
    public const string Events = "application/cloudevents-batch+json";

    /// <summary>What the contract says of each.</summary>
    public static IReadOnlyDictionary<string, string> Descriptions { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Lines] = "One record per line, each a JSON object.",
            [Events] =
                $"An array of CloudEvents 1.0 of type {UsageEventBody.EventType}. The id is the record's, and data has its other members.",
        };
}
