namespace GpuGrants.Api.Contract;

/// <summary>What parameters mean.</summary>
internal static class ParameterTexts
{
    public static string OfPath(string name) =>
        name switch
        {
            "id" => "The resource's id.",
            "number" => "The version's number, from 1 on.",
            "recordId" => "The provider's id of the usage record.",
            "clientId" => "The API client's clientId.",
            _ when name.EndsWith("Id", StringComparison.Ordinal) => $"The {name[..^2]}'s id.",
            _ => $"The {name}.",
        };

    /// <summary>The order of a list that has other orders than those of time.</summary>
    public const string OwnSort = "The order, the smallest first; with a minus the largest first.";

    public static string Of(string name) =>
        name switch
        {
            "createdFrom" => "Only what was made at this moment or later.",
            "createdTo" => "Only what was made before this moment.",
            "updatedSince" => "Only what was made or changed at this moment or later.",
            "sort" => "The order: created or updated, the oldest first; with a minus the latest first.",
            "count" => "true to count what the filters leave, up to 10,000.",
            "limit" => "Items on a page: 1 to 100; 20 when left out.",
            "cursor" => "nextCursor of the previous page, with the same filters.",
            "types" => "Only these types of events, separated by commas; grant.* names all that begin so.",
            "resource" => "Only what happened to the resource with this id.",
            "programme" => "Only the trees of these programmes, separated by commas; platform names what belongs to none.",
            "expand" => "Resources to show whole beside their ids, separated by commas, as far as you may read them.",
            "dryRun" => "true decides by the same rules and writes nothing.",
            "asOf" => "A past moment, ISO 8601 in UTC.",
            "from" => "The beginning: a moment of a statement, an export or a period, or a version's number of a comparison.",
            "until" => "The end of the period, which lies ahead.",
            "to" => "The end, which no longer belongs to the period; or a version's number of a comparison.",
            "order" => "oldest (the default), or fair-share: applicants who were granted least recently come first.",
            "weights" => "Of order=fair-share: kinds of organizations with whole weights from 0 to 1,000, such as student:2,enterprise:0. "
                + "What is not named weighs 1, and what weighs 0 comes after all others.",
            "format" => "json (the default) or csv.",
            "bom" => "true to begin CSV with a byte order mark, by which Excel knows that the text is UTF-8; false when left out.",
            "gpuModel" => "Only those with one of these GPU models.",
            "q" => "Only those of which the model, the provider, the programme, the region or a tag has this text in it.",
            "gpus" => "Only those on which a grant may use as many GPUs at once.",
            "minGpuMemoryGib" => "Only those whose GPUs have at least this memory, in GiB.",
            "minGpuHours" => "Only those that can still grant at least as many GPU-hours.",
            "minPeriodGpuHours" => "Only those that can still grant at least as many GPU-hours between from and until.",
            "maxRate" => "Only those that charge at most as many credits per GPU-hour now.",
            "servesFrom" => "Only those that serve from this moment on, or earlier.",
            "servesUntil" => "Only those that serve until this moment, or longer.",
            "livemode" => "false for offers to test programmes; true when left out.",
            "tag" => "Only those with all of these tags.",
            "region" => "Only those in one of these regions.",
            "pending" => "true for offers of which something waits for the programme, false for the others.",
            "descendants" =>
                "true to revoke also what was made through the client, and to disable webhook endpoints whose url or secret came "
                    + "through it.",
            "madeBy" => "Only clients that this client has made.",
            "status" => "Only those with one of these statuses.",
            _ => $"Only those with one of these values of {name}.",
        };
}
