using System.Globalization;
using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Reviews;

/// <summary>How much each kind of organization weighs in the order of fair share: <c>weights=student:2,enterprise:0</c>.</summary>
internal static class QueueWeights
{
    public const string Parameter = "weights";

    private const int Most = 1_000;

    /// <summary>By kind. What is not named weighs 1, and what weighs 0 comes after all others.</summary>
    /// <exception cref="ProblemException">A kind or a weight is none.</exception>
    public static IReadOnlyDictionary<string, long> Of(HttpContext http)
    {
        var weights = OrganizationKinds.All.ToDictionary(kind => kind, _ => 1L, StringComparer.Ordinal);
        var text = http.Request.Query[Parameter].ToString();
        if (text.Length == 0)
            return weights;
        foreach (var one in text.Split(',', StringSplitOptions.TrimEntries))
            weights[KindOf(one, out var weight)] = weight;
        return weights;
    }

    /// <exception cref="ProblemException">There are weights, and the order is another.</exception>
    public static void RefuseBesideOtherOrders(HttpContext http)
    {
        if (http.Request.Query[Parameter].Count > 0)
            throw Problem.Malformed(Parameter, "Only order=fair-share reads weights. Add it, or leave the weights out.");
    }

    private static string KindOf(string text, out int weight)
    {
        weight = 0;
        return
            text.Split(':') is [var kind, var number]
            && OrganizationKinds.All.Contains(kind)
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out weight)
            && weight <= Most
            ? kind
            : throw Problem.Malformed(
                Parameter,
                $"Send kinds of organizations with whole weights from 0 to {Most:N0}, such as student:2,enterprise:0. "
                    + $"The kinds are {string.Join(", ", OrganizationKinds.All)}."
            );
    }
}
