using System.Globalization;
using System.Text;
using GpuGrants.People;
using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>A line of a provider's price list: an instance type in a region, and what an hour of it costs.</summary>
public sealed record PriceLine
{
    /// <summary>The names of the columns, in the usual order. A list may have them in any.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    ["provider", "instance_type", "gpu_model", "gpu_memory_gib", "gpus", "vcpus", "memory_gib", "usd_per_hour", "region"];

    /// <summary>As the list names the provider.</summary>
    public required string Provider { get; init; }

    /// <summary>As the list names the machine.</summary>
    public required string InstanceType { get; init; }

    /// <summary>As the list names the model.</summary>
    public required string ModelName { get; init; }

    /// <summary>The model's id in the catalogue, made of its name.</summary>
    public required string ModelId { get; init; }

    /// <summary>Memory of each GPU, in GiB.</summary>
    public required int GpuMemoryGib { get; init; }

    /// <summary>GPUs of the machine.</summary>
    public required int Gpus { get; init; }

    /// <summary>Credits per GPU-hour.</summary>
    public required Rate Rate { get; init; }

    /// <summary>A lower-case word, made of what the list says.</summary>
    public required string Region { get; init; }

    /// <summary>By which the same line is found again in a later list.</summary>
    public string Key => $"{InstanceType}/{Region}";

    /// <summary>Reads a line.</summary>
    /// <param name="field">Gives a column's text.</param>
    /// <param name="creditsPerUsd">What a dollar is in credits.</param>
    /// <returns>The line, or what is wrong with it: the column and what would pass.</returns>
    public static (PriceLine? Line, string? Column, string? Mistake) Read(Func<string, string> field, decimal creditsPerUsd)
    {
        foreach (var text in (ReadOnlySpan<string>)["provider", "instance_type", "gpu_model", "region"])
            if (field(text).Trim() is not { Length: > 0 and <= 100 })
                return (null, text, "State 1 to 100 characters.");
        foreach (var text in (ReadOnlySpan<string>)["instance_type", "gpu_model"])
            if (!VisibleName.IsName(field(text).Trim(), 100))
                return (null, text, "State letters, digits and signs that can be seen.");
        if (WordOf(field("gpu_model")) is not { } model)
            return (null, "gpu_model", "State letters, digits and hyphens.");
        if (WordOf(field("region")) is not { } region)
            return (null, "region", "State letters, digits and hyphens.");
        if (!TryCount(field("gpus"), 1_024, out var gpus))
            return (null, "gpus", "State 1 to 1,024 GPUs.");
        if (!TryCount(field("gpu_memory_gib"), 4_096, out var memory))
            return (null, "gpu_memory_gib", "State 1 to 4,096 GiB.");
        if (RateOf(field("usd_per_hour"), gpus, creditsPerUsd) is not { } rate)
            return (
                null,
                "usd_per_hour",
                "State a price that makes 0 to 1,000 credits per GPU-hour with at most three decimals, by the GPUs of the machine."
            );
        return (
            new PriceLine
            {
                Provider = field("provider").Trim(),
                InstanceType = field("instance_type").Trim(),
                ModelName = field("gpu_model").Trim(),
                ModelId = model,
                GpuMemoryGib = memory,
                Gpus = gpus,
                Rate = rate,
                Region = region,
            },
            null,
            null
        );
    }

    private static bool TryCount(string text, int max, out int count) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out count) && count >= 1 && count <= max;

    /// <summary>Never rounded: a price that is no whole number of millicredits is refused.</summary>
    private static Rate? RateOf(string text, int gpus, decimal creditsPerUsd)
    {
        const NumberStyles Plain = NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(text.Trim(), Plain, CultureInfo.InvariantCulture, out var usd) || usd > 10_000_000)
            return null;
        // Division may not end; whole millicredits of the machine are divided instead.
        var millicredits = usd * creditsPerUsd * 1_000;
        if (millicredits != decimal.Truncate(millicredits) || millicredits % gpus != 0)
            return null;
        return millicredits / gpus <= Rate.MaxMillicreditsPerGpuHour ? Rate.FromMillicredits((long)(millicredits / gpus)) : null;
    }

    /// <summary>Lower-case letters, digits and hyphens; null when nothing of it is one.</summary>
    private static string? WordOf(string text)
    {
        var word = new StringBuilder();
        foreach (var letter in text.Trim().ToLowerInvariant())
        {
            if (char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter))
                word.Append(letter);
            else if (word.Length > 0 && word[^1] != '-')
                word.Append('-');
        }

        var made = word.ToString().Trim('-');
        return made.Length is 0 or > 64 ? null : made;
    }
}
